"""How each made-up supplier writes its extract: files, encodings, dates, names, relationship words.

In: `Holdings` in the contract's columns. Out: files, and what `sources.toml` must say to read them.
The formats are spread over the authorities by their order, so that every kind is there in every
scale. The same rows always give the same bytes: no time of writing, no order of chance.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from pipeline.synthetic.names import fold
from pipeline.synthetic.relationship_words import (
    CODE_MEANINGS,
    paired_labels,
    role_codes,
    role_words,
)
from pipeline.synthetic.world import Holdings

HIDDEN = ("related_sex", "child_sex", "parent", "child")
"""Columns of ties that only the made-up truth knows."""

BIRTH_COLUMNS = ("date_of_birth", "expected_date_of_birth")


@dataclass(frozen=True)
class Supplier:
    """How one system exports.

    Attributes:
        suffix: of its files; `` is a folder of Parquet parts.
        encoding, delimiter, date_format: of its text files.
        flags: how true and false are written.
        columns: its own column names, by table and the contract's name.
        files: its own file names, by the contract's table name.
        vocabulary: name that the settings of ingest give to its relationship words.
        words: turns the one vocabulary of `ties` into its own.
        meanings: what its further words mean.
    """

    suffix: str
    encoding: str = "utf-8"
    delimiter: str = ","
    date_format: str = "%Y-%m-%d"
    flags: tuple[str, str] = ("false", "true")
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    vocabulary: str | None = None
    words: Callable[[pd.DataFrame], pd.DataFrame] = role_words
    meanings: dict[str, str] = field(default_factory=dict)

    @property
    def is_text(self) -> bool:
        """Whether its files are CSV."""
        return self.suffix.startswith(".csv")


PRISON = Supplier(
    suffix=".csv",
    encoding="utf-8-sig",
    date_format="%d/%m/%Y",
    flags=("N", "Y"),
    columns={
        "prisoners": {
            "prisoner_number": "OFFENDER_ID_DISPLAY", "pnc_number": "PNC", "cro_number": "CRO",
            "first_name": "FIRST_NAME", "middle_names": "MIDDLE_NAME", "last_name": "LAST_NAME",
            "date_of_birth": "BIRTH_DATE", "sex": "SEX_CODE", "number_of_children": "CHILD",
        },
        "prisoner_contacts": {
            "prisoner_number": "OFFENDER_ID_DISPLAY", "contact_id": "PERSON_ID",
            "date_of_birth": "BIRTHDATE", "relationship_code": "RELATIONSHIP_TYPE",
        },
    },
)  # fmt: skip
PROBATION = Supplier(
    suffix=".csv.gz",
    encoding="cp1252",
    delimiter="|",
    date_format="%d/%m/%Y",
    flags=("0", "1"),
    columns={"offenders": {"prisoner_number": "NOMS_NUMBER", "last_name": "SURNAME",
                           "date_of_birth": "DATE_OF_BIRTH_DATE"},
             "personal_contacts": {"last_name": "SURNAME"}},
)  # fmt: skip
PAIRED_LABELS = Supplier(
    suffix=".csv", encoding="utf-8-sig", date_format="%d/%m/%Y", flags=("N", "Y"),
    vocabulary="mosaic", words=paired_labels,
    columns={"children": {"person_id": "PERSON_ID", "first_name": "FIRST_NAMES",
                          "last_name": "LAST_NAMES", "date_of_birth": "DATE_OF_BIRTH",
                          "sex": "GENDER"}},
)  # fmt: skip
CODES = Supplier(
    suffix=".parquet", vocabulary="liquidlogic", words=role_codes, meanings=CODE_MEANINGS,
    columns={"relationships": {"person_id": "DIM_PERSON_ID",
                               "related_person_id": "DIM_RELATED_PERSON_ID",
                               "relationship": "DIM_LOOKUP_RELTN_TYPE_CODE"}},
)  # fmt: skip
ROLES = Supplier(
    suffix=".csv.zip", encoding="cp1252", delimiter=";", date_format="%d-%m-%Y",
    flags=("no", "yes"), vocabulary="eclipse",
    files={"children": "person_children"},
)  # fmt: skip
FOLDERS = Supplier(suffix="", vocabulary="plain")
SERVICES = (PAIRED_LABELS, CODES, ROLES, FOLDERS)


def supplier_of(source: str, place: int) -> Supplier:
    """The made-up supplier of a source.

    Args:
        place: of the authority among the authorities in scope.
    """
    return {"prison": PRISON, "probation": PROBATION}.get(source) or SERVICES[place % len(SERVICES)]


def write_source(out: Path, holdings: Holdings, supplier: Supplier, cut_off: date) -> str:
    """Write one source's files and manifest.

    Returns:
        what `sources.toml` says of the source.
    """
    folder = out / holdings.source
    folder.mkdir(parents=True, exist_ok=True)
    manifest: dict[str, object] = {}
    for name, table in holdings.tables.items():
        written = supplier.words(table) if name == "relationships" else table
        path = folder / (supplier.files.get(name, name) + supplier.suffix)
        rows = _write_table(path, shuffled(written), supplier, supplier.columns.get(name, {}))
        claim: dict[str, object] = {"rows": rows}
        if path.is_file():
            claim["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
        manifest[name] = claim
    text = json.dumps({"tables": manifest, "cut_off": cut_off.isoformat()}, indent=1)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
    return _settings_text(holdings.source, supplier)


def shuffled(frame: pd.DataFrame) -> pa.Table:
    """The rows in order of their ids, which are drawn by chance, so that order tells nothing."""
    table = to_arrow(frame.drop(columns=[name for name in HIDDEN if name in frame]))
    keys = [name for name in table.column_names[:2] if name.endswith(("_id", "_number", "crn"))]
    # Arrow's sort is stable: rows of one owner keep their order.
    return table.sort_by([(name, "ascending") for name in keys])


def _write_table(path: Path, table: pa.Table, supplier: Supplier, columns: dict[str, str]) -> int:
    if supplier.is_text:
        table = _as_text(table, supplier)
    table = table.rename_columns([columns.get(name, name) for name in table.column_names])
    if supplier.is_text:
        _write_text(path, table, supplier)
    elif supplier.suffix:
        pq.write_table(table, path, compression="zstd")
    else:
        path.mkdir(exist_ok=True)
        half = max(-(-table.num_rows // 2), 1)
        for part, start in enumerate(range(0, max(table.num_rows, 1), half)):
            pq.write_table(table.slice(start, half), path / f"part-{part}.parquet")
    return int(table.num_rows)


def to_arrow(frame: pd.DataFrame) -> pa.Table:
    """The frame as Arrow, dates as date32, nulls as null."""
    arrays = {}
    for name in frame.columns:
        column = frame[name]
        if column.dtype.kind == "M":
            days_since = column.to_numpy().astype("datetime64[D]")
            arrays[name] = pa.array(days_since, pa.date32(), from_pandas=True)
        elif column.dtype == object:
            arrays[name] = pa.array(column.to_numpy(), pa.string(), from_pandas=True)
        else:
            arrays[name] = pa.array(column.to_numpy(), from_pandas=True)
    return pa.table(arrays)


def _as_text(table: pa.Table, supplier: Supplier) -> pa.Table:
    """Dates and flags as the supplier writes them; partial dates stay as they are."""
    no, yes = supplier.flags
    columns = {}
    for name in table.column_names:
        values = table[name]
        if pa.types.is_date(values.type):
            values = pc.strftime(values, supplier.date_format)
        elif pa.types.is_boolean(values.type):
            values = pc.if_else(values, yes, no)
        elif name in BIRTH_COLUMNS and values.null_count < len(values):
            order = supplier.date_format.replace("%d", r"\3").replace("%m", r"\2")
            order = order.replace("%Y", r"\1")
            values = pc.replace_substring_regex(values, r"^(\d{4})-(\d\d)-(\d\d)$", order)
        columns[name] = values
    return pa.table(columns)


def _write_text(path: Path, table: pa.Table, supplier: Supplier) -> None:
    buffer = io.BytesIO()
    options = pa.csv.WriteOptions(delimiter=supplier.delimiter, quoting_style="needed")
    pa.csv.write_csv(table, buffer, options)
    content = buffer.getvalue()
    if supplier.encoding != "utf-8":
        content = _encode(content.decode(), supplier.encoding)
    if supplier.suffix.endswith(".gz"):
        content = gzip.compress(content, compresslevel=4, mtime=0)
    elif supplier.suffix.endswith(".zip"):
        content = _zipped(path.name.removesuffix(".zip"), content)
    path.write_bytes(content)


def _encode(text: str, encoding: str) -> bytes:
    """The text in the encoding; letters that it does not have lose their diacritics."""
    if encoding == "cp1252":
        strange = sorted({letter for letter in set(text) if not _fits(letter, encoding)})
        text = text.translate({ord(letter): fold(letter) or "?" for letter in strange})
    return text.encode(encoding)


def _fits(letter: str, encoding: str) -> bool:
    try:
        letter.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _zipped(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        # The oldest date a zip can hold: the true one would make every run's bytes differ.
        archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content,
                         compress_type=zipfile.ZIP_DEFLATED)  # fmt: skip
    return buffer.getvalue()


def _settings_text(source: str, supplier: Supplier) -> str:
    """The source's part of `sources.toml`."""
    lines = [f'[sources."{source}"]']
    if supplier.is_text:
        encoding = "utf-8" if supplier.encoding == "utf-8-sig" else supplier.encoding
        lines += [
            f'encoding = "{encoding}"',
            f'delimiter = "{supplier.delimiter}"',
            f'date_format = "{supplier.date_format}"',
        ]
    if supplier.vocabulary:
        lines.append(f'relationship_vocabulary = "{supplier.vocabulary}"')
    if supplier.meanings:
        lines.append(f"relationships = {_inline(supplier.meanings)}")
    for name in sorted({*supplier.columns, *supplier.files}):
        lines.append(f'[sources."{source}".tables.{name}]')
        if name in supplier.files:
            lines.append(f'path = "{source}/{supplier.files[name]}{supplier.suffix}"')
        if name in supplier.columns:
            lines.append(f"columns = {_inline(supplier.columns[name])}")
    return "\n".join(lines) + "\n"


def _inline(values: dict[str, str]) -> str:
    return "{ " + ", ".join(f'{key} = "{value}"' for key, value in values.items()) + " }"
