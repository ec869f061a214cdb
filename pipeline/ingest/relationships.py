"""Children's services relationships in one vocabulary and one direction.

In: a relationships table in its contract's types, and which ids are children and which adults. Out:
the same rows with the child as the person and what the related person is to it; and which rows have
a word that nobody knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts.kinship import CHILD_KINDS
from pipeline.contracts.prison import PRISON_RELATIONSHIP_CODES
from pipeline.contracts.values import Mask
from pipeline.ingest.relationship_words import INVERSE, related_is

TEXT = pa.string()


@dataclass(frozen=True)
class Words:
    """Which words a supplier uses: a shipped vocabulary, and words of its own."""

    vocabulary: str
    own: Mapping[str, str]


@dataclass(frozen=True)
class Directed:
    """Relationships in one direction, and (n,) which are in a word that nobody knows."""

    table: pa.Table
    is_unknown: Mask


def directed(table: pa.Table, children: pa.Array, adults: pa.Array, words: Words) -> Directed:
    """Each relationship as what the related person is to the child.

    Which id is a child's and which an adult's decides who is whose; only where both are children
    (siblings, or a young mother) the word decides.

    Args:
        table: `person_id`, `related_person_id`, `relationship`, ….
        children: ids of the children table.
        adults: ids of the related adults table.
        words: the supplier's.
    """
    said = table["relationship"].combine_chunks()
    kind = _by_word(said, lambda word: related_is(word, words.vocabulary, words.own))
    person, related = table["person_id"], table["related_person_id"]
    is_turned = pc.and_(_only_in(person, adults, children), pc.is_in(related, value_set=children))
    is_plain = pc.and_(_only_in(related, adults, children), pc.is_in(person, value_set=children))
    names_child = pc.is_in(kind, value_set=pa.array(sorted(CHILD_KINDS)))
    is_swapped = pc.or_(is_turned, pc.and_(names_child, pc.invert(is_plain)))
    older = _by_word(kind, lambda word: INVERSE[word] if word in CHILD_KINDS else word)
    table = _set(table, "relationship", pc.fill_null(older, "unknown"))
    table = _set(table, "person_id", pc.if_else(is_swapped, related, person))
    table = _set(table, "related_person_id", pc.if_else(is_swapped, person, related))
    is_unknown = pc.and_(pc.is_null(kind), pc.is_valid(said))
    return Directed(table, is_unknown.to_numpy(zero_copy_only=False))


def unknown_codes(contacts: pa.Table) -> Mask:
    """(n,) whether a prison contact has a relationship code that is not in use."""
    codes = pc.utf8_upper(contacts["relationship_code"])
    is_known = pc.is_in(codes, value_set=pa.array(sorted(PRISON_RELATIONSHIP_CODES)))
    return np.asarray(pc.and_(pc.invert(is_known), pc.is_valid(codes)).to_numpy())


def _only_in(ids: pa.ChunkedArray, these: pa.Array, not_these: pa.Array) -> pa.ChunkedArray:
    return pc.and_(pc.is_in(ids, value_set=these), pc.invert(pc.is_in(ids, value_set=not_these)))


def _by_word(column: pa.Array, function: object) -> pa.Array:
    encoded = column.dictionary_encode()
    results = [function(word) for word in encoded.dictionary.to_pylist()]  # type: ignore[operator]
    return pa.array(results, TEXT).take(encoded.indices)


def _set(table: pa.Table, name: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, values)
