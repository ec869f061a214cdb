"""From extracts to contract tables: read, map, suppress, check, set aside."""

from pipeline.ingest.extracts import read_extracts
from pipeline.ingest.ingested import Ingested, InputFile, LastRun, LeftOut

__all__ = ["Ingested", "InputFile", "LastRun", "LeftOut", "read_extracts"]
