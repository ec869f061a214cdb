"""People: which mentions are one person, and the id that each keeps across runs."""

from pipeline.people.resolve import People, resolve_people

__all__ = ["People", "resolve_people"]
