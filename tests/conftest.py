"""Puts this folder on the import path, so that tests share the factories that lie in it."""

from hypothesis import settings

# A busy machine is no failure, and the same code gives the same verdict every time.
settings.register_profile("kinlink", deadline=None, derandomize=True)
settings.load_profile("kinlink")
