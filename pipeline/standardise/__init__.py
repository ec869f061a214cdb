"""Extracts to mentions: names, dates, identifiers, addresses and relationships in one form."""

from pipeline.standardise.mentions import Standardised, standardise

__all__ = ["Standardised", "standardise"]
