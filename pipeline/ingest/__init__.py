"""From extracts to contract tables: read, map, suppress, check, set aside."""

from pipeline.ingest.extracts import read_extracts
from pipeline.ingest.ingested import Ingested, InputFile

__all__ = ["Ingested", "InputFile", "read_extracts"]
