"""What a supplier says it sent, against what arrived.

In: a manifest file, the settings, and the file as read. Out: the cut-off date, or an error.

A manifest is JSON, of one table or of several by name, every key optional:

    {"rows": 1200, "sha256": "…", "cut_off": "2026-09-30"}
    {"tables": {"prisoners": {"rows": 1200}, "visits": {"rows": 90}}, "cut_off": "2026-09-30"}
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipeline.errors import ExtractError
from pipeline.ingest.files import fetch, shown
from pipeline.ingest.locate import Located


@dataclass(frozen=True)
class Claim:
    """What a supplier says of a table; None where it says nothing."""

    rows: int | None = None
    sha256: str | None = None
    cut_off: date | None = None


@dataclass(frozen=True)
class Arrived:
    """What is known of a table that has been read."""

    rows: int
    sha256: str


def verify(at: Located, arrived: Arrived) -> date | None:
    """The cut-off date of a table whose rows and checksum are as claimed.

    Raises:
        ExtractError: a manifest cannot be read, or claim and arrival differ.
    """
    said = Claim(at.table.rows, at.table.sha256, at.reading.cut_off)
    claims = [said, manifest_claim(at.manifest, at.name)] if at.manifest else [said]
    for claim in claims:
        if claim.rows is not None and claim.rows != arrived.rows:
            raise ExtractError(
                f"'{at.label}' has {arrived.rows} rows where {claim.rows} were announced; the "
                "delivery is incomplete or mixed up, ask for it again"
            )
        if claim.sha256 is not None and claim.sha256.lower() != arrived.sha256:
            raise ExtractError(
                f"'{at.label}' does not have the announced checksum; it was damaged or changed on "
                "its way, ask for it again"
            )
    dates = sorted({claim.cut_off for claim in claims if claim.cut_off})
    if len(dates) > 1:
        raise ExtractError(
            f"'{at.label}': the settings say cut-off {said.cut_off}, its manifest another "
            f"({', '.join(str(day) for day in dates if day != said.cut_off)}); it may be an old "
            "delivery"
        )
    return dates[0] if dates else None


def manifest_claim(url: str, table: str) -> Claim:
    """What a manifest says of a table.

    Raises:
        ExtractError: the manifest is missing or is not as described.
    """
    try:
        content = json.loads(fetch(url).parts[0])
        whole = dict(content)
        own = dict(whole.get("tables", {}).get(table, {})) if "tables" in whole else whole
        return Claim(
            _of_type(own.get("rows"), int),
            _of_type(own.get("sha256"), str),
            _day(own.get("cut_off", whole.get("cut_off"))),
        )
    except (ValueError, TypeError, AttributeError):
        raise ExtractError(
            f"manifest '{shown(url)}' of table '{table}' is not JSON with rows, sha256 and "
            "cut_off; correct it"
        ) from None


def _of_type(value: Any, kind: type) -> Any:
    if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
        raise TypeError
    return value


def _day(value: Any) -> date | None:
    return None if value is None else date.fromisoformat(value)
