"""The lists of protected persons, read and checked: suppression that cannot be relied on stops all.

In: the places, and what the last run had. Out: the hashes of each list with its salt. A list that
is missing, empty, cut short, or made with another salt would show the persons it is to protect, and
nothing else in the run would look wrong.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

import pyarrow.compute as pc

from pipeline.contracts.suppression import SALT_CHECK, keyed_hash, rows_check
from pipeline.contracts.values import as_text
from pipeline.errors import ExtractError, SettingsError
from pipeline.ingest.ingested import LastRun
from pipeline.ingest.locate import locate_protected
from pipeline.ingest.manifest import claims_of
from pipeline.ingest.places import Places
from pipeline.ingest.protect import Wanted
from pipeline.ingest.raw import RawTable, is_parquet, open_table
from pipeline.settings.ingest import SuppressionSettings

SHAPE_OF_HASH = r"^[0-9a-fA-F]{64}$"
HOW_TO_CHECK = (
    "end the list with its check row, the hash of check:rows:<number of its other rows> (see "
    "protected_persons in docs/data-dictionary.md)"
)


def read_protected(where: Places, last: LastRun) -> list[Wanted]:
    """Every list of protected persons that is configured or lies with the extracts.

    Raises:
        ExtractError: a list that is configured, or was there last time, is missing, empty, not
            whole, or made with another salt.
        SettingsError: there is a list and no salt.
    """
    located = locate_protected(where)
    if last.has_protected_persons and not located:
        raise ExtractError(
            "the last published run removed protected persons by a list, and now there is none; "
            "put it back, or name it as `protected_persons` under [ingest.other]. A list of nobody "
            "is a check row alone"
        )
    return [read_list(open_table(at), settings) for at, settings in located]


def read_list(listed: RawTable, settings: SuppressionSettings) -> Wanted:
    """The hashes of one list, shown to be whole and made with the salt given.

    Raises:
        ExtractError: a row is no hash, or the list is empty, not whole, or of another salt; or
            nothing shows that it is not.
        SettingsError: there is no salt.
    """
    salt = read_salt(settings)
    hashes = _hashes(listed)
    _refuse_other_salt(listed, settings, salt)
    check = rows_check(len(hashes) - 1, salt)
    if check not in hashes:
        _refuse_unchecked(listed, settings, hashes)
    return Wanted(frozenset(hashes) - {check}, salt, keyed_hash(listed.sha256, salt.encode()))


def read_salt(settings: SuppressionSettings) -> str:
    """The salt of the hashes, from the file that the settings name, or from the environment.

    Raises:
        SettingsError: there is none. A run without it would show protected persons.
    """
    try:
        salt = (
            Path(settings.salt_file).read_text(encoding="utf-8-sig")
            if settings.salt_file
            else os.environ.get(settings.salt_variable, "")
        ).strip()
    except (OSError, UnicodeDecodeError):
        salt = ""
    if not salt:
        raise SettingsError(
            "there are protected persons but no salt to recognise them by; set environment "
            f"variable {settings.salt_variable}, or [suppression] salt_file to a file that holds it"
        )
    return salt


def _hashes(listed: RawTable) -> list[str]:
    """Every row's hash, in lower case.

    Raises:
        ExtractError: a row is no hash. Reading on would show the person it names.
    """
    hashes = as_text(listed.rows.table["identifier_hash"])
    is_hash = pc.fill_null(pc.match_substring_regex(hashes, SHAPE_OF_HASH), False)
    faulty = len(hashes) - (pc.sum(is_hash).as_py() or 0) + len(listed.rows.ragged)
    if faulty:
        raise ExtractError(
            f"'{listed.at.label}': {faulty} rows of identifier_hash are no SHA-256 in hex; it must "
            "hold hashes, never identifiers (see pipeline/contracts/suppression.py)"
        )
    return list(pc.utf8_lower(hashes).to_pylist())


def _salt_checks(listed: RawTable, settings: SuppressionSettings) -> set[str]:
    """What list and settings say that the salt's own check value is."""
    said = {settings.salt_check.lower()} if settings.salt_check else set()
    if "salt_check" in listed.rows.table.column_names:
        column = pc.utf8_lower(as_text(listed.rows.table["salt_check"]))
        said |= set(column.drop_null().to_pylist())
    return said - {""}


def _refuse_other_salt(listed: RawTable, settings: SuppressionSettings, salt: str) -> None:
    """Refuse a salt that list or settings say is another.

    Raises:
        ExtractError: it is.
    """
    if _salt_checks(listed, settings) - {keyed_hash(SALT_CHECK, salt.encode())}:
        raise ExtractError(
            f"'{listed.at.label}' was made with another salt; give the one it was made with"
        )


def _refuse_unchecked(
    listed: RawTable, settings: SuppressionSettings, hashes: Collection[str]
) -> None:
    """Refuse a list without a check row, unless other signs show that it is whole and of the salt.

    Raises:
        ExtractError: they do not.
    """
    has_right_salt = bool(_salt_checks(listed, settings))
    is_whole = is_parquet(listed.at) or any(claim.is_complete for claim in claims_of(listed.at))
    if not hashes:
        fault = "names nobody"
    elif not has_right_salt and not is_whole:
        fault = "has no check row that fits: rows are missing, or it was made with another salt"
    elif not has_right_salt:
        fault = "does not show that it was made with the salt given"
    elif not is_whole:
        fault = "does not show that it is whole: a list cut short looks like a shorter one"
    else:
        return
    raise ExtractError(f"'{listed.at.label}' {fault}. Ask for it again, or {HOW_TO_CHECK}")
