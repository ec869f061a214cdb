"""Deciding: rivals compete, clusters form, and pairs are returned with their odds."""
