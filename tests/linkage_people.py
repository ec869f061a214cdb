"""Made-up people for the linkage tests: tables with known truth, and errors put into copies."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

STARTS = ("Ar Bel Cor Dan El Fin Gar Hol Iv Jor Kel Lor Mar Ner Ol Per Ros Sul Tam Ur").split()
ENDS = "a bert cy den ik la min nard olph ry".split()
PLACES = "Ash Brad Chat Dun East Farn Gold Hart Ing Kirk Lang Mill North Oak Pem Ring".split()
KINDS = "by combe field ford ham ley ton well".split()
GIVEN = np.array([a + b for a in STARTS for b in ENDS])
SURNAMES = np.array(
    [a + b + c for a in PLACES for b in ("er", "ing", "le", "o", "s") for c in KINDS]
)

Columns = dict[str, np.ndarray]


def people(n: int, seed: int) -> Columns:
    """n people with skewed names, a birth date, a sex and a postcode each."""
    rng = np.random.default_rng(seed)
    days = rng.integers(0, 365 * 60, n)
    areas, sectors = rng.integers(1, 80, n), rng.integers(0, 10, n)
    units = rng.choice(["AB", "DE", "GH", "JN"], n)
    codes = [f"B{a} {b}{c}" for a, b, c in zip(areas, sectors, units, strict=True)]
    return {
        "given_name": GIVEN[_skewed(rng, len(GIVEN), n)].astype(object),
        "surname": SURNAMES[_skewed(rng, len(SURNAMES), n)].astype(object),
        "date_of_birth": (np.datetime64("1950-01-01") + days).astype(str).astype(object),
        "sex": rng.choice(["female", "male"], n).astype(object),
        "postcode": np.array(codes, object),
    }


def _skewed(rng: np.random.Generator, values: int, n: int) -> np.ndarray:
    share = 1 / np.arange(3, values + 3)
    return rng.choice(values, n, p=share / share.sum())


def with_errors(columns: Columns, seed: int, rate: float = 0.1) -> Columns:
    """The same people once more: each value blank at half the rate, mistyped or changed at it."""
    rng = np.random.default_rng(seed)
    n = len(columns["sex"])
    changed = {}
    for name, values in columns.items():
        new = values.copy()
        for row in np.flatnonzero(rng.random(n) < rate):
            new[row] = mistyped(str(new[row]), rng) if name != "sex" else new[row]
        new[rng.random(n) < rate / 2] = None
        changed[name] = new
    return changed


def mistyped(text: str, rng: np.random.Generator) -> str:
    """One character changed for another of its sort."""
    at = int(rng.integers(len(text)))
    pool = "0123456789" if text[at].isdigit() else "aeionrst"
    return text[:at] + pool[int(rng.integers(len(pool)))] + text[at + 1 :]


def table(columns: Columns, ids: list[str] | list[int]) -> pa.Table:
    """An Arrow table of these people."""
    return pa.table({"record_id": ids, **{name: pa.array(v) for name, v in columns.items()}})


def numbered(prefix: str, n: int, start: int = 0) -> list[str]:
    """Ids such as l00001."""
    return [f"{prefix}{i:05d}" for i in range(start, start + n)]


def joined(*parts: Columns) -> Columns:
    """Several groups of people as one."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def rows(columns: Columns, chosen: slice) -> Columns:
    """Some of the people."""
    return {name: values[chosen] for name, values in columns.items()}


def shuffled(records: pa.Table, seed: int) -> pa.Table:
    """The same records in another order."""
    return records.take(pa.array(np.random.default_rng(seed).permutation(records.num_rows)))


def linked_tables(n: int, seed: int, shared: float = 0.6) -> tuple[pa.Table, pa.Table]:
    """Two tables of n; a shared person is l<i> on the left and r<i> on the right."""
    both = int(n * shared)
    left, others = people(n, seed), people(n - both, seed + 1)
    right = joined(with_errors(rows(left, slice(0, both)), seed + 2), others)
    return table(left, numbered("l", n)), table(
        right, [*numbered("r", both), *numbered("r", n - both, start=50_000)]
    )


def true_pairs(pairs: pa.Table) -> np.ndarray:
    """Which pairs of `linked_tables` are one person."""
    left, right = pairs["record_id_l"].to_pylist(), pairs["record_id_r"].to_pylist()
    return np.array([a[1:] == b[1:] for a, b in zip(left, right, strict=True)], bool)


def swapped_sides(pairs: pa.Table) -> pa.Table:
    """The same pairs with left and right exchanged, sorted anew."""
    exchange = {"record_id_l": "record_id_r", "record_id_r": "record_id_l"}
    names = [exchange.get(name, name) for name in pairs.column_names]
    swapped = pairs.rename_columns(names).select(pairs.column_names)
    return swapped.sort_by([("record_id_l", "ascending"), ("record_id_r", "ascending")])
