"""Address lines in one spelling.

In: distinct address lines as typed. Out: canonical text, a postcode found inside, and whether the
lines name no home at all. It must not know who lives there.

A country has a million different addresses, so each step is one pass of Arrow over all of them;
only the few lines in which something was found that needs a closer look are read one by one.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts.schema import in_one_piece
from pipeline.standardise.addresses import POSTCODE_PATTERN, unless_dummy
from pipeline.standardise.distinct import TEXT

NOT_IN_AN_ADDRESS = r"[^A-Z\d'\-/]+"
NOT_IN_A_WORD = r"[^a-z0-9]+"

POSTCODE_WITHIN = re.compile(POSTCODE_PATTERN + r"(?! ?(?:FLOOR|FLR|FL|STOREY|FLAT)\b)")
"""`Flat B1 2ND FLOOR` holds no postcode."""

NO_FIXED_ABODE = (
    r"\b(nfa|no fixed (abode|address|addr|accommodation)|no (abode|address)|homeless"
    r"|rough sle\w+|sofa surf\w+|of no fixed|address (not|un) ?known|unknown|not known)\b"
)
"""Text that stands where an address was not known or the person had none."""

INSTITUTION_PATTERN = (
    r"\b(h ?m ?p|h ?m prison|prison|y ?o ?i|young offenders?|approved premises|bail hostel"
    r"|probation hostel|immigration removal)\b"
)
INSTITUTION = re.compile(
    INSTITUTION_PATTERN + r"(?! (road|lane|street|close|way|avenue|rd|ln|st)\b)"
)
"""A prison, an approved premises: nobody's household. Prison Road is a road."""

ABBREVIATIONS = {
    "road": "rd", "street": "st", "str": "st", "avenue": "ave", "av": "ave", "close": "cl",
    "drive": "dr", "drv": "dr", "lane": "ln", "court": "ct", "crt": "ct", "crescent": "cres",
    "cresent": "cres", "place": "pl", "square": "sq", "terrace": "ter", "terr": "ter",
    "gardens": "gdns", "gdn": "gdns", "garden": "gdns", "grove": "gr", "grv": "gr", "house": "hse",
    "apartment": "flat", "apartments": "flat", "apt": "flat", "flt": "flat", "unit": "flat",
    "saint": "st", "mount": "mt", "north": "n", "south": "s", "east": "e", "west": "w",
    "boulevard": "blvd", "parade": "pde", "walk": "wlk", "park": "pk", "hill": "hl",
    "green": "grn", "building": "bldg", "buildings": "bldg", "block": "blk", "tower": "twr",
    "floor": "fl", "first": "1st", "second": "2nd", "third": "3rd", "ground": "grd",
}  # fmt: skip
NUMBER_SIGNS = frozenset({"no", "number", "num"})
"""Words before a house number that say nothing."""


class AddressLines(NamedTuple):
    """What address lines say, one value for each.

    Attributes:
        address: lower case, abbreviated, without postcode; null where there is none.
        postcode: the last postcode inside the lines; null for none or a dummy.
        is_nowhere: they say that the person has no fixed abode, or that none is known.
        is_institution: they name a prison or approved premises.
    """

    address: pa.Array
    postcode: pa.Array
    is_nowhere: pa.Array
    is_institution: pa.Array


def read_lines(lines: pa.Array) -> AddressLines:
    """What address lines say, in whatever order they were typed; none of them is null."""
    line = pc.replace_substring_regex(pc.utf8_upper(lines), NOT_IN_AN_ADDRESS, " ")
    line, postcode = _without_postcodes(line)
    line = pc.utf8_lower(pc.replace_substring(line, "'", ""))
    said = pc.utf8_trim_whitespace(pc.replace_substring_regex(line, NOT_IN_A_WORD, " "))
    is_empty = pc.equal(said, "")
    is_nowhere = pc.match_substring_regex(said, NO_FIXED_ABODE)
    nothing = pa.scalar(None, TEXT)
    return AddressLines(
        address=pc.if_else(pc.or_(is_empty, is_nowhere), nothing, _abbreviated(said)),
        postcode=postcode,
        is_nowhere=is_nowhere,
        is_institution=_names_institution(said),
    )


def _without_postcodes(lines: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Lines without the postcodes inside them, and the last of each line."""
    may_hold = pc.match_substring_regex(lines, POSTCODE_PATTERN)
    texts = lines.filter(may_hold).to_pylist()
    found = [POSTCODE_WITHIN.findall(text) for text in texts]
    rest = pa.array([POSTCODE_WITHIN.sub(" ", text) for text in texts], TEXT)
    codes = pa.array([unless_dummy(*codes[-1]) if codes else None for codes in found], TEXT)
    none = pa.nulls(len(lines), TEXT)
    return pc.replace_with_mask(lines, may_hold, rest), pc.replace_with_mask(none, may_hold, codes)


def _names_institution(said: pa.Array) -> pa.Array:
    may_name = pc.match_substring_regex(said, INSTITUTION_PATTERN)
    texts = said.filter(may_name).to_pylist()
    is_named = pa.array([INSTITUTION.search(text) is not None for text in texts], pa.bool_())
    return pc.replace_with_mask(may_name, may_name, is_named)


def _abbreviated(said: pa.Array) -> pa.Array:
    """The words with every kind of street in one spelling, and no sign before a house number."""
    words = pc.split_pattern(said, " ")
    text = words.flatten().dictionary_encode()
    known = text.dictionary.to_pylist()
    is_sign = np.array([word in NUMBER_SIGNS for word in known], bool)
    is_number = np.array([word[:1].isdigit() for word in known], bool)
    codes, lines = text.indices.to_numpy(), pc.list_parent_indices(words).to_numpy()
    is_dropped = np.zeros(len(codes), bool)
    is_dropped[:-1] = is_sign[codes[:-1]] & is_number[codes[1:]] & (lines[:-1] == lines[1:])
    short = pa.array([ABBREVIATIONS.get(word, word) for word in known], TEXT)
    kept = short.take(pa.array(codes[~is_dropped]))
    ends = np.cumsum(np.bincount(lines[~is_dropped], minlength=len(said)))
    offsets = pa.array(np.concatenate([[0], ends]), pa.int32())
    return in_one_piece(pc.binary_join(pa.ListArray.from_arrays(offsets, kept), " "))
