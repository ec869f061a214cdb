"""Blocking: which pairs of records are looked at at all, counted before any exists."""
