"""People: which mentions are one person, and the id that each keeps across runs."""

from pipeline.people.resolve import People, PeopleInputs, resolve_people

__all__ = ["People", "PeopleInputs", "resolve_people"]
