"""What a supplier says it sent, against what arrived.

In: a manifest file, the settings, and the file as read. Out: the cut-off date, or an error.

A manifest is JSON, of one table or of several by name, every key optional:

    {"rows": 1200, "sha256": "…", "cut_off": "2026-09-30"}
    {"tables": {"prisoners": {"rows": 1200}, "visits": {"rows": 90}}, "cut_off": "2026-09-30"}
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipeline.errors import ExtractError
from pipeline.ingest.files import SHOWN, fetch, shown
from pipeline.ingest.locate import MANIFEST_SUFFIX, Located, Source

PART_NUMBER = re.compile(r"part[-_.]?(\d+)")
PART_OF = re.compile(r"(\d+)[-_]of[-_](\d+)")


@dataclass(frozen=True)
class Claim:
    """What a supplier says of a table; None where it says nothing."""

    rows: int | None = None
    sha256: str | None = None
    cut_off: date | None = None

    @property
    def is_complete(self) -> bool:
        """Whether it would show that rows are missing."""
        return self.rows is not None or self.sha256 is not None


@dataclass(frozen=True)
class Arrived:
    """What is known of a table that has been read.

    Attributes:
        rows: read.
        sha256: of the file, or of the query's result.
        parts: names of the files that it came in; none for a query.
    """

    rows: int
    sha256: str
    parts: tuple[str, ...] = ()


def verify(at: Located, claims: Sequence[Claim], arrived: Arrived) -> date | None:
    """The cut-off date of a table whose rows and checksum are as claimed.

    Raises:
        ExtractError: claim and arrival differ, or parts are missing.
    """
    if not any(claim.is_complete for claim in claims):
        _refuse_gaps(at, arrived.parts)
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
            f"'{at.label}': the settings say cut-off {claims[0].cut_off}, its manifest another "
            f"({', '.join(str(day) for day in dates if day != claims[0].cut_off)}); it may be an "
            "old delivery"
        )
    return dates[0] if dates else None


def claims_of(at: Located) -> list[Claim]:
    """What the settings, and then a manifest where there is one, say of a table.

    Raises:
        ExtractError: the manifest cannot be read.
    """
    said = Claim(at.table.rows, at.table.sha256, at.reading.cut_off)
    return [said, manifest_claim(at.manifest, at.name)] if at.manifest else [said]


def _refuse_gaps(at: Located, parts: Sequence[str]) -> None:
    """Numbered parts announce one another: `part-0` and `part-2` say that there is a `part-1`.

    Raises:
        ExtractError: a number is missing, and no number of rows shows that nothing is.
    """
    of = [match for part in parts if (match := PART_OF.search(part))]
    found = {int(match[1]) for part in parts if (match := PART_NUMBER.search(part))}
    wanted = int(of[0][2]) if of else max(found, default=0) - min(found | {1}) + 1
    if len({match[1] for match in of} or found) < wanted and (of or len(found) > 1):
        raise ExtractError(
            f"folder '{at.label}' holds {len(parts)} parts, and their numbers announce {wanted}; "
            "ask for it again, or for a manifest that gives its rows"
        )


def refuse_undelivered(source: Source) -> None:
    """Refuse an extract that lacks what a manifest of its announces.

    Raises:
        ExtractError: naming the tables.
    """
    beside = {
        name.removesuffix(MANIFEST_SUFFIX)
        for name in source.names
        if name.endswith(MANIFEST_SUFFIX)
    }
    missing = {name for name in beside if name not in source.names}
    delivered = {at.name for at in source.tables}
    for url in sorted({at.manifest for at in source.tables if at.manifest}):
        announced = set(_content(url).get("tables", {}))
        missing |= {name for name in announced - delivered if not _is_there(name, source)}
    if missing:
        raise ExtractError(
            f"a manifest of source '{source.name}' announces {len(missing)} tables that nobody "
            f"delivered ({', '.join(sorted(missing)[:SHOWN])}); ask for them, or for a manifest "
            "without them"
        )


def _is_there(name: str, source: Source) -> bool:
    """Whether a file of that name lies in the source's folder, though no table is called so."""
    return any(file.partition(".")[0] == name or file == name for file in source.names)


def _content(url: str) -> dict[str, Any]:
    return dict(json.loads(fetch(url).parts[0]))


def manifest_claim(url: str, table: str) -> Claim:
    """What a manifest says of a table.

    Raises:
        ExtractError: the manifest is missing or is not as described.
    """
    try:
        whole = _content(url)
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
