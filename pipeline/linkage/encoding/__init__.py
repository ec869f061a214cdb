"""Encoding: tables become dictionary codes, cleaned and in canonical order."""
