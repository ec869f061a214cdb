"""The ingest stage: from extracts, wherever they lie, to contract tables.

In: settings, perhaps a folder of extracts, and the as-of date. Out: `Ingested`. Sources that cannot
be read are left out and named; the order is fixed: open, remove protected persons, check, remove
adopted children, join the authorities. No message holds a value of the data.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.contracts.inputs import AGENCIES, INPUTS, OTHER_TABLES, as_read
from pipeline.contracts.intake import INPUT_PROFILE, QUARANTINE, REMARKS
from pipeline.contracts.suppression import keyed_hash
from pipeline.contracts.validate import Rules, validate
from pipeline.errors import ExtractError
from pipeline.ingest.adopted import CHILDREN, without_chains
from pipeline.ingest.check import Checked, check_source
from pipeline.ingest.locate import Source, locate, locate_other
from pipeline.ingest.places import Places, places, source_names
from pipeline.ingest.protect import read_hashes, read_salt, without_protected
from pipeline.ingest.raw import RawTable, open_table
from pipeline.settings.ingest import IngestSettings

log = logging.getLogger(__name__)

SETTINGS_INPUT = "ingest_settings"
"""Name under which the settings' own checksum stands among the inputs of a run."""


@dataclass(frozen=True)
class InputFile:
    """One table of one source as it arrived.

    Attributes:
        name: `prison/prisoners`, `childrens_services/330/children`, …
        file: path or URL without user name and password.
        rows: rows used or set aside.
        sha256: of the file, or of the query's result.
        cut_off: date the extract was taken; None where nobody says so.
    """

    name: str
    file: str
    rows: int
    sha256: str
    cut_off: date | None = None


@dataclass(frozen=True)
class Ingested:
    """Extracts as the other stages read them, and what became of the rest.

    Attributes:
        tables: every table of the input contracts by name, empty where nobody sent it; children's
            services tables hold every authority. Protected persons are in none.
        quarantine: contract QUARANTINE.
        profile: contract INPUT_PROFILE.
        remarks: contract REMARKS.
        inputs: what was read, by name.
        left_out: a sentence for each source that could not be used.
    """

    tables: Mapping[str, pa.Table]
    quarantine: pa.Table
    profile: pa.Table
    remarks: pa.Table
    inputs: tuple[InputFile, ...]
    left_out: tuple[str, ...]

    def input_facts(self) -> list[dict[str, Any]]:
        """What the run manifest says of each input: name, rows, checksum, cut_off_date."""
        return [
            {
                "name": item.name, "rows": item.rows, "checksum": item.sha256,
                "cut_off_date": item.cut_off.isoformat() if item.cut_off else "",
            }
            for item in self.inputs
        ]  # fmt: skip


@dataclass(frozen=True)
class Remark:
    """Something that was not there or was not used; `table` is empty for a whole source."""

    source: str
    table: str
    kind: str
    remark: str
    rows: int | None = None


@dataclass(frozen=True)
class Opened:
    """A source and its tables, unread."""

    source: Source
    tables: tuple[RawTable, ...]


def read_extracts(settings: IngestSettings, folder: Path | None, as_of: date) -> Ingested:
    """Read every extract, remove protected persons and adopted children, and check every row.

    Args:
        settings: where extracts are and how they are written.
        folder: a folder of extracts to read instead, laid out as `settings.ingest` describes.
        as_of: dates after this day are wrong where a date cannot lie ahead.

    Raises:
        ExtractError: no justice source, or no authority, could be used; the message says why for
            each. Or a source could not, and the settings say to stop.
        SettingsError: the settings are wrong, or there are protected persons and no salt.
        OSError: a connection failed; trying again may help.
    """
    where = places(settings, folder)
    rules = Rules(as_of, largest_value_bytes=where.settings.largest_value_bytes)
    others = {name: open_table(at) for name, at in locate_other(where).items()}
    opened, failures = _open_sources(where)
    opened, fingerprint = _suppressed(opened, others.pop("protected_persons", None), where)
    checked, faults, opened = _check_sources(opened, rules, where.settings)
    failures = {**failures, **faults}
    _refuse_if_unusable(checked, failures, where.settings)
    tables, chains = _joined(checked)
    tables.update(_other_tables(others, rules))
    remarks = _remarks(opened, checked, failures, chains)
    ingested = Ingested(
        tables=tables,
        quarantine=_together(QUARANTINE, [one.quarantine for one in checked.values()]),
        profile=_together(INPUT_PROFILE, [one.profile for one in checked.values()]),
        remarks=REMARKS.conform(remarks),
        inputs=(
            *_input_files(opened, checked, others),
            InputFile(SETTINGS_INPUT, "", 0, _settings_checksum(where.settings, fingerprint)),
        ),
        left_out=tuple(failures[name] for name in sorted(failures)),
    )
    _report(ingested)
    return ingested


def _open_sources(where: Places) -> tuple[list[Opened], dict[str, str]]:
    """Every source that can be opened, and why the others cannot."""
    opened, failures = [], {}
    for name in source_names(where):
        try:
            source = locate(name, where)
            opened.append(Opened(source, tuple(open_table(at) for at in source.tables)))
        except ExtractError as error:
            failures[name] = str(error)
    return opened, failures


def _suppressed(
    opened: Sequence[Opened], protected: RawTable | None, where: Places
) -> tuple[list[Opened], str]:
    """The sources without protected persons, and a fingerprint of the list and its salt."""
    if protected is None or protected.rows.table.num_rows == 0:
        return list(opened), ""
    suppression = where.settings.suppression
    path = Path(where.resolve(suppression.salt_file)) if suppression.salt_file else None
    salt = read_salt(suppression, path)
    hashes = read_hashes(protected, salt)
    tables = without_protected([raw for one in opened for raw in one.tables], hashes, salt)
    by_source: dict[str, list[RawTable]] = {one.source.name: [] for one in opened}
    for table in tables:
        by_source[table.at.source].append(table)
    kept = [Opened(one.source, tuple(by_source[one.source.name])) for one in opened]
    return kept, keyed_hash(protected.sha256, salt.encode())


def _check_sources(
    opened: list[Opened], rules: Rules, settings: IngestSettings
) -> tuple[dict[str, Checked], dict[str, str], list[Opened]]:
    """Every source whose rows can be used, why the others cannot, and the sources without rows.

    The raw rows of a source are let go once they are checked (`opened` is emptied): the extracts of
    a whole country would not fit into memory twice.
    """
    checked, failures, emptied = {}, {}, []
    while opened:
        one = opened.pop(0)
        name = one.source.name
        try:
            checked[name] = check_source(one.tables, rules, settings)
        except ExtractError as error:
            failures[name] = str(error)
            continue
        emptied.append(Opened(one.source, tuple(raw.without_rows() for raw in one.tables)))
    return checked, failures, emptied


def _refuse_if_unusable(
    checked: Mapping[str, Checked], failures: Mapping[str, str], settings: IngestSettings
) -> None:
    """Stop where nothing could be linked, or where the settings say to stop.

    Raises:
        ExtractError: with the reason of every source that failed.
    """
    reasons = "".join(f"\n  {name}: {failures[name]}" for name in sorted(failures))
    if not {"prison", "probation"} & set(checked):
        raise ExtractError(
            "neither prison nor probation has an extract that can be used"
            + (reasons or "; none is there")
        )
    if not any(name.startswith("childrens_services/") for name in checked):
        raise ExtractError(
            "no authority has an extract that can be used" + (reasons or "; none is there")
        )
    if failures and settings.broken_source == "stop":
        raise ExtractError(f"stopped, because broken_source is 'stop':{reasons}")


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
    tables, chains = {}, 0
    for name in list(parts):
        contract = as_read(INPUTS[name])
        table = _whole(contract.empty(), parts.pop(name))
        if name == CHILDREN and upns:
            table, chains = without_chains(table, upns)
        tables[name] = contract.conform(table)
    return tables, chains


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


def _settings_checksum(settings: IngestSettings, fingerprint: str) -> str:
    """Checksum of how extracts are read and who is removed: it decides what a run's input says."""
    said = settings.model_dump(mode="json", exclude={"folder", "suppression", "other"})
    text = json.dumps([said, fingerprint], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _remarks(
    opened: Sequence[Opened],
    checked: Mapping[str, Checked],
    failures: Mapping[str, str],
    chains: int,
) -> pa.Table:
    """Everything that was not there or was not used."""
    remarks = [Remark(name, "", "source_left_out", failures[name]) for name in failures]
    for one in opened:
        remarks += _remarks_of(one, checked[one.source.name])
    if chains:
        remarks.append(Remark("childrens_services", "children", "former_upn_removed",
                              "former UPNs across an adoption", chains))  # fmt: skip
    columns = {
        "source": [remark.source for remark in remarks],
        "table": [remark.table or None for remark in remarks],
        "kind": [remark.kind for remark in remarks],
        "rows": [remark.rows for remark in remarks],
        "remark": [remark.remark for remark in remarks],
    }
    schema = pa.schema([(column.name, column.type) for column in REMARKS.columns])
    return pa.table(columns, schema=schema)


def _remarks_of(one: Opened, checked: Checked) -> list[Remark]:
    source = one.source
    remarks = [
        Remark(source.name, table, "table_absent", "no file; counts as empty")
        for table in source.absent
    ]
    remarks += [
        Remark(source.name, "", "file_ignored", f"file '{name}' is no table of the contract")
        for name in source.ignored
    ]
    for raw in one.tables:
        table = raw.at.name
        remarks += [
            Remark(source.name, table, "column_absent", f"no column '{name}'; read as not recorded")
            for name in raw.absent_columns
        ]
        remarks += [
            Remark(source.name, table, "column_ignored", f"column '{name}' is not in the contract")
            for name in raw.ignored_columns
        ]
        if count := checked.adopted_rows[raw.at.contract.name]:
            remarks.append(Remark(source.name, table, "adopted_removed",
                                  "rows of adopted children", count))  # fmt: skip
    return remarks


def _together(contract: Any, parts: Sequence[pa.Table]) -> pa.Table:
    return contract.conform(_whole(contract.empty(), parts))


def _report(ingested: Ingested) -> None:
    """Counts and codes only."""
    for sentence in ingested.left_out:
        log.warning("left out: %s", sentence)
    used = sum(table.num_rows for name, table in ingested.tables.items() if "/" in name)
    counts = ingested.quarantine.group_by(["reason", "consequence"]).aggregate([([], "count_all")])
    found = sorted(zip(*(counts[name].to_pylist() for name in
                         ("reason", "consequence", "count_all")), strict=True))  # fmt: skip
    what = ", ".join(f"{count} {reason} ({consequence})" for reason, consequence, count in found)
    log.info("ingest: %d rows used; quarantine: %s", used, what or "nothing")
