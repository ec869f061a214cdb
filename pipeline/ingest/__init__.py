"""From extracts to contract tables: read, map, suppress, check, set aside."""

from pipeline.ingest.extracts import Ingested, InputFile, read_extracts

__all__ = ["Ingested", "InputFile", "read_extracts"]
