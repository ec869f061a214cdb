"""The engine's own kinds of comparison in SQL, as far as SQL can say them.

In: nothing. Out: for each kind the conditions of its levels above the lowest, for DuckDB, on text
cleaned as the engine cleans it. It must not know models.

`"this_l"` stands for the comparison's column in the left record, `"other_l"` for that of the
surname which a given name may have changed places with. None: SQL has no words for the level.
"""

from __future__ import annotations

EQUAL = '"this_l" = "this_r"'
NAMES_CROSSWISE = '"this_l" = "other_r" AND "other_l" = "this_r"'
INITIAL = (
    '(LENGTH("this_l") = 1 OR LENGTH("this_r") = 1)'
    ' AND SUBSTRING("this_l", 1, 1) = SUBSTRING("this_r", 1, 1)'
)
SAME_WORDS = "list_sort(string_split(\"this_l\", ' ')) = list_sort(string_split(\"this_r\", ' '))"
SHARED_WORDS = (
    "array_length(list_intersect(string_split(\"this_l\", ' '), string_split(\"this_r\", ' ')))"
)
YEARS_APART = (
    'ABS(CAST(SUBSTRING("this_l", 1, 4) AS INTEGER) - CAST(SUBSTRING("this_r", 1, 4) AS INTEGER))'
)
UK_OUTWARD = "^([a-z]{1,2}[0-9][a-z0-9]?)[0-9][a-z]{2}$"
UK_SECTOR = "^([a-z]{1,2}[0-9][a-z0-9]?[0-9])[a-z]{2}$"


def _similar(least: float) -> str:
    return f'jaro_winkler_similarity("this_l", "this_r") >= {least}'


def _edits(most: int, length: int = 0) -> str:
    edits = f'damerau_levenshtein("this_l", "this_r") <= {most}'
    if not length:
        return edits
    return f'{edits} AND LENGTH("this_l") >= {length} AND LENGTH("this_r") >= {length}'


def _same_part(start: int, length: int) -> str:
    return f'SUBSTRING("this_l", {start}, {length}) = SUBSTRING("this_r", {start}, {length})'


def _same_match(pattern: str) -> str:
    left, right = (f"NULLIF(regexp_extract(\"this_{side}\", '{pattern}', 1), '')" for side in "lr")
    return f"{left} = {right}"


_SWAPPED_DATE = (
    f'({_same_part(1, 4)} AND SUBSTRING("this_l", 6, 2) = SUBSTRING("this_r", 9, 2)'
    ' AND SUBSTRING("this_l", 9, 2) = SUBSTRING("this_r", 6, 2))'
)
_AGREEING_PARTS = " + ".join(
    f"CAST({_same_part(start, length)} AS INTEGER)" for start, length in ((1, 4), (6, 2), (9, 2))
)
_NAME: tuple[str | None, ...] = (
    f"{_similar(0.78)} OR ({_edits(2, 5)})",
    f"{_similar(0.85)} OR ({INITIAL})",
    None,
    f"{_similar(0.93)} OR ({_edits(1, 4)})",
    EQUAL,
)

SQL_OF_KIND: dict[str, tuple[str | None, ...]] = {
    "given_name": (*_NAME, NAMES_CROSSWISE, None),
    "surname": _NAME,
    "middle_names": _NAME,
    "full_name": (
        f"{SHARED_WORDS} >= 1", f"{_similar(0.85)} OR {SHARED_WORDS} >= 2", None,
        f"{_similar(0.93)} OR {_edits(1)}", SAME_WORDS,
    ),
    "date_of_birth": (
        f"{YEARS_APART} <= 2", _same_part(1, 4), _edits(2), None, f"{_AGREEING_PARTS} >= 2", None,
        f"{_edits(1)} OR {_SWAPPED_DATE}", EQUAL,
    ),
    "sex": (EQUAL,),
    "address": (None, None, None, EQUAL),
    "town": (_similar(0.88), EQUAL),
    "postcode": (_same_match(UK_OUTWARD), _same_match(UK_SECTOR), _edits(1), EQUAL),
    "phone": (_edits(1), EQUAL),
    "email": (_similar(0.88), f"{_same_match('^([^@]+)@')} OR {_edits(2)}", EQUAL),
    "exact": (EQUAL,),
    "text": (EQUAL,),
    "identifier": (EQUAL,),
}  # fmt: skip
"""Conditions of levels 1, 2 … of each kind."""

_NAMES_NEARLY = "names are compared nearly: SQL knows no nickname groups and no Soundex"
APPROXIMATE_KINDS = {
    "given_name": f"{_NAMES_NEARLY}; names in each other's place count where both are equal",
    "surname": _NAMES_NEARLY,
    "middle_names": _NAMES_NEARLY,
    "full_name": "words of one letter count as shared words do",
    "date_of_birth": "dates are compared nearly: incomplete ones agree on nothing above their year",
    "address": "how rare the words of an address are cannot be said",
}
"""What the SQL of these kinds says otherwise than the engine."""
