"""The ingest stage: from extracts, wherever they lie, to contract tables.

In: settings, perhaps a folder of extracts, the as-of date, and what the last run had. Out:
`Ingested`. A source that cannot be used holds the run, or is left out and named (`broken.py`). The
order is fixed: open, remove protected persons, check, remove adopted children, join the
authorities. No message holds a value of the data.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.contracts.inputs import AGENCIES, INPUTS, OTHER_TABLES, as_read
from pipeline.contracts.intake import INPUT_PROFILE, QUARANTINE, QUARANTINED_ROWS
from pipeline.contracts.schema import TableContract
from pipeline.contracts.validate import Rules, validate
from pipeline.errors import ExtractError, SettingsError
from pipeline.ingest.adopted import CHILDREN, without_chains
from pipeline.ingest.at_once import each
from pipeline.ingest.broken import (
    expected_sources,
    left_out_as_broken,
    left_out_by_choice,
    refuse_unlinkable,
    shared_files,
)
from pipeline.ingest.check import Checked, check_source
from pipeline.ingest.ingested import (
    NO_RUN,
    SETTINGS_INPUT,
    Ingested,
    InputFile,
    LastRun,
    LeftOut,
)
from pipeline.ingest.locate import locate, locate_other
from pipeline.ingest.manifest import refuse_undelivered
from pipeline.ingest.places import Places, places
from pipeline.ingest.protect import Wanted, without_protected
from pipeline.ingest.protected_lists import read_protected
from pipeline.ingest.raw import RawTable, open_table
from pipeline.ingest.remarks import Opened, all_remarks
from pipeline.settings.ingest import IngestSettings, ReadingSettings

log = logging.getLogger(__name__)


def read_extracts(
    settings: IngestSettings,
    folder: Path | None,
    as_of: date,
    without: Collection[str] = (),
    last: LastRun = NO_RUN,
) -> Ingested:
    """Read every extract, remove protected persons and adopted children, and check every row.

    Args:
        settings: where extracts are and how they are written.
        folder: a folder of extracts to read instead, laid out as `settings.ingest` describes.
        as_of: dates after this day are wrong where a date cannot lie ahead.
        without: sources that this run does without.
        last: what the last published run was made from; it is expected again.

    Raises:
        ExtractError: a source cannot be used, and neither user nor settings do without it; or no
            justice source, or no authority, can be used. The message says why for each. Or the
            list of protected persons cannot be relied on.
        UnreachableError: a connection failed; trying again may help.
        SettingsError: the settings are wrong, or there are protected persons and no salt.
    """
    where = places(settings, folder)
    names = expected_sources(where, without, last)
    rules = Rules(as_of, largest_value_bytes=where.settings.largest_value_bytes)
    others = {name: open_table(at) for name, at in locate_other(where).items()}
    lists = read_protected(where, last)
    # A source left out is opened all the same: its numbers tell who else is a protected person.
    names = [name for name in names if lists or name not in without]
    opened, failures = _open_sources(names, where, without)
    failures = {name: error for name, error in failures.items() if name not in without}
    opened = _suppressed(opened, lists)
    seen = {one.source.name for one in opened}
    only_opened = [one.without_rows() for one in opened if one.source.name in without]
    opened = [one for one in opened if one.source.name not in without]
    checked, faults, opened = _check_sources(opened, rules, where.settings)
    failures = {**failures, **faults}
    left_out = sorted(
        [*left_out_by_choice(without), *left_out_as_broken(failures, where)],
        key=lambda one: one.source,
    )
    refuse_unlinkable(checked, failures)
    tables, chains = _joined(checked)
    tables.update(_other_tables(others, rules))
    removed = [one.fingerprint for one in lists]
    removed += [raw.sha256 for one in only_opened for raw in one.tables]
    checksum = _settings_checksum(opened, where.settings, removed, left_out)
    ingested = Ingested(
        tables=tables,
        quarantine=_together(QUARANTINE, [one.quarantine for one in checked.values()]),
        quarantined_rows=_together(
            QUARANTINED_ROWS, [one.quarantined_rows for one in checked.values()]
        ),
        profile=_together(INPUT_PROFILE, [one.profile for one in checked.values()]),
        remarks=all_remarks(opened, checked, left_out, chains),
        inputs=(
            *_input_files(opened, checked, others),
            InputFile(SETTINGS_INPUT, "", 0, checksum),
        ),
        left_out=tuple(left_out),
        has_protected_persons=bool(lists),
    )
    _report(ingested)
    _warn_of_unseen(ingested, seen)
    return ingested


def _open_sources(
    names: Sequence[str], where: Places, without: Collection[str]
) -> tuple[list[Opened], dict[str, ExtractError]]:
    """Every source that can be opened, and why the others cannot.

    Raises:
        SettingsError: the settings of a source are wrong, and the run does not do without it.
    """

    def opened(name: str) -> Opened | ExtractError:
        try:
            source = locate(name, where)
            tables = tuple(open_table(at) for at in source.tables)
            refuse_undelivered(source)
            return Opened(source, tables)
        except ExtractError as error:
            return error
        except SettingsError as error:
            if name not in without:
                raise
            return ExtractError(str(error))

    found = dict(zip(names, each(opened, names), strict=True))
    failures = {name: one for name, one in found.items() if isinstance(one, ExtractError)}
    usable = [one for one in found.values() if isinstance(one, Opened)]
    failures |= shared_files([one.source for one in usable])
    return [one for one in usable if one.source.name not in failures], failures


def _suppressed(opened: list[Opened], lists: Sequence[Wanted]) -> list[Opened]:
    """The sources without protected persons."""
    if not any(one.hashes for one in lists):
        return opened
    tables = without_protected([raw for one in opened for raw in one.tables], lists)
    by_source: dict[str, list[RawTable]] = {one.source.name: [] for one in opened}
    for table in tables:
        by_source[table.at.source].append(table)
    return [Opened(one.source, tuple(by_source[one.source.name])) for one in opened]


def _check_sources(
    opened: list[Opened], rules: Rules, settings: IngestSettings
) -> tuple[dict[str, Checked], dict[str, ExtractError], list[Opened]]:
    """Every source whose rows can be used, why the others cannot, and the sources without rows.

    The raw rows of a source are let go once they are checked (`opened` is emptied): the extracts of
    a whole country would not fit into memory twice.
    """

    def check(one: Opened) -> tuple[Opened, Checked | ExtractError]:
        emptied = one.without_rows()
        try:
            return emptied, check_source(one.tables, rules, settings)
        except ExtractError as error:
            return emptied, error

    outcomes = each(check, (opened.pop(0) for _ in range(len(opened))))
    checked = {one.source.name: found for one, found in outcomes if isinstance(found, Checked)}
    failures = {
        one.source.name: found for one, found in outcomes if isinstance(found, ExtractError)
    }
    return checked, failures, [one for one, _ in outcomes if one.source.name in checked]


def _joined(checked: Mapping[str, Checked]) -> tuple[dict[str, pa.Table], int]:
    """Contract tables by name, authorities together; and how many adoption chains were cut."""
    parts: dict[str, list[pa.Table]] = {
        name: [] for name in INPUTS if name.partition("/")[0] in AGENCIES
    }
    for source, one in checked.items():
        code = source.partition("/")[2]
        for name, table in one.tables.items():
            if code:
                codes = pa.repeat(pa.scalar(code, pa.string()), table.num_rows)
                table = table.add_column(0, "authority_code", codes)
            parts[name].append(table)
    upns = frozenset().union(*(one.adopted.upns for one in checked.values()))

    def whole(name: str) -> tuple[pa.Table, int]:
        contract, chains = as_read(INPUTS[name]), 0
        table = _whole(contract.empty(), parts.pop(name))
        if name == CHILDREN and upns:
            table, chains = without_chains(table, upns)
        return contract.conform(table), chains

    names = list(parts)
    joined = dict(zip(names, each(whole, names), strict=True))
    return {name: table for name, (table, _) in joined.items()}, joined[CHILDREN][1]


def _whole(empty: pa.Table, parts: Iterable[pa.Table]) -> pa.Table:
    plain = pa.schema([(field.name, field.type) for field in empty.schema])
    return pa.concat_tables([plain.empty_table(), *(part.cast(plain) for part in parts)])


def _other_tables(others: Mapping[str, RawTable], rules: Rules) -> dict[str, pa.Table]:
    """Inputs that belong to no agency; a faulty row in one of them is an error.

    Raises:
        ExtractError: naming the table, the column and the number of rows.
    """
    tables = {
        contract.name: contract.empty()
        for contract in OTHER_TABLES
        if contract.name != "protected_persons"
    }
    for name, raw in others.items():
        found = validate(raw.rows.table, raw.at.contract, rules)
        faults = [problem for problem in found.problems if problem.reason != "value_assumed"]
        if faults or raw.rows.ragged:
            what = ", ".join(
                f"{int(fault.rows.sum())} rows with {fault.reason} in '{fault.column}'"
                for fault in faults
            )
            raise ExtractError(
                f"'{raw.at.label}', table '{name}': {what or 'rows that do not fit the header'}; "
                "correct the file"
            )
        tables[name] = raw.at.contract.conform(found.table)
    return tables


def _input_files(
    opened: Sequence[Opened], checked: Mapping[str, Checked], others: Mapping[str, RawTable]
) -> list[InputFile]:
    """Every file that was read and used, sorted by name."""
    files = [
        InputFile(
            f"{raw.at.source}/{raw.at.name}", raw.at.label,
            checked[one.source.name].rows[raw.at.contract.name], raw.sha256, raw.cut_off,
        )
        for one in opened for raw in one.tables
    ]  # fmt: skip
    files += [
        InputFile(name, raw.at.label, raw.rows.table.num_rows, raw.sha256, raw.cut_off)
        for name, raw in others.items()
    ]
    return sorted(files, key=lambda file: file.name)


def _settings_checksum(
    opened: Sequence[Opened],
    settings: IngestSettings,
    removed: Sequence[str],
    left_out: Sequence[LeftOut],
) -> str:
    """Checksum of how extracts are read and who is removed: it decides what a run's input says.

    Where they lie is left aside: the same run elsewhere is the same run.
    """
    said = {
        "limits": [settings.largest_value_bytes, settings.largest_faulty_share],
        "reading": [
            [raw.at.source, raw.at.name, raw.at.table.query, how_read(raw.at.reading)]
            for one in opened
            for raw in one.tables
        ],
        "removed": removed,
        "left_out": [[one.source, one.reason] for one in left_out],
    }
    text = json.dumps(said, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def how_read(reading: ReadingSettings) -> dict[str, Any]:
    """What of a table's settings decides what its values are."""
    return reading.model_dump(mode="json", exclude={"manifest", "connection_variable"})


def _together(contract: TableContract, parts: Sequence[pa.Table]) -> pa.Table:
    return contract.conform(_whole(contract.empty(), parts))


def _warn_of_unseen(ingested: Ingested, seen: Collection[str]) -> None:
    """Where a source could not even be opened, its numbers lead to no protected person."""
    unseen = [one.source for one in ingested.left_out if one.source not in seen]
    if unseen and ingested.has_protected_persons:
        log.warning(
            "protected persons that only %s would show are not recognised elsewhere: see that "
            "their list names every identifier of theirs",
            ", ".join(unseen),
        )


def _report(ingested: Ingested) -> None:
    """Counts and codes only."""
    for one in ingested.left_out:
        log.warning("without %s", one.sentence)
    used = sum(table.num_rows for name, table in ingested.tables.items() if "/" in name)
    counts = ingested.quarantine.group_by(["reason", "consequence"]).aggregate([([], "count_all")])
    found = sorted(zip(*(counts[name].to_pylist() for name in
                         ("reason", "consequence", "count_all")), strict=True))  # fmt: skip
    what = ", ".join(f"{count} {reason} ({consequence})" for reason, consequence, count in found)
    log.info("ingest: %d rows used; quarantine: %s", used, what or "nothing")
