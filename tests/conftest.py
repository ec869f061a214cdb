"""Puts this folder on the import path, so that tests share the factories that lie in it."""
