"""From contract tables to mentions: numbered, sorted, with everything known of each in lists.

In: ingested extracts in contract form. Out: mentions, their addresses, the relationships that
sources state, and the numbers of children that offenders state. It must not compare any two
mentions.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts.counts import DECLARED_COUNTS
from pipeline.contracts.stages import MENTION_ADDRESSES, MENTIONS, RELATIONSHIP_TABLE
from pipeline.standardise.address_rows import listed_addresses, row_postcodes
from pipeline.standardise.aliases import alias_rows
from pipeline.standardise.childrens_people import children, related_adults
from pipeline.standardise.declared_counts import declared_counts
from pipeline.standardise.known_values import known_names, known_places
from pipeline.standardise.numbering import by_mention, numbered
from pipeline.standardise.person_rows import ROW_SCHEMA
from pipeline.standardise.prison_people import (
    booked_contacts,
    prisoner_contacts,
    prisoners,
    visitors,
)
from pipeline.standardise.probation_people import assessed_children, offenders, personal_contacts
from pipeline.standardise.relationship_rows import declared_relationships, recorded_relationships

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Standardised:
    """What standardising gives: tables of the contracts of the same names."""

    mentions: pa.Table
    mention_addresses: pa.Table
    relationships: pa.Table
    declared_counts: pa.Table


def standardise(extracts: Mapping[str, pa.Table], as_of: date) -> Standardised:
    """Turn ingested extracts into mentions of people.

    Args:
        extracts: contract-form tables by name, such as `prison/prisoners`; children's services
            tables hold every authority and have `authority_code`. An absent table is empty.
        as_of: no one is born after this day.
    """
    started = time.perf_counter()
    bookings = booked_contacts(extracts, as_of)
    # Places are read beside people, and what sources state beside names: neither needs the other.
    with ThreadPoolExecutor(2) as pool:
        placing = pool.submit(listed_addresses, extracts)
        rows = numbered(mention_rows(extracts, bookings, as_of))
        relating = pool.submit(_relationships, extracts, rows)
        counting = pool.submit(declared_counts, extracts, rows, as_of)
        aliases = by_mention(alias_rows(extracts, rows, bookings, as_of), rows)
        naming = pool.submit(known_names, rows, aliases)
        found = pa.concat_tables([placing.result(), row_postcodes(rows)])
        addresses = by_mention(found, rows)
        places = known_places(addresses, rows.num_rows, as_of)
        lists = {**naming.result(), **places}
    result = Standardised(
        mentions=MENTIONS.conform(_mentions(rows, lists)),
        mention_addresses=MENTION_ADDRESSES.conform(addresses),
        relationships=relating.result(),
        declared_counts=DECLARED_COUNTS.conform(counting.result()),
    )
    _report(result, time.perf_counter() - started)
    return result


def mention_rows(extracts: Mapping[str, pa.Table], bookings: pa.Table, as_of: date) -> pa.Table:
    """Unnumbered rows of every table of people that the extracts hold."""
    readers: dict[str, Callable[[pa.Table, date], pa.Table]] = {
        "prison/prisoners": prisoners,
        "prison/prisoner_contacts": lambda table, day: prisoner_contacts(table, bookings, day),
        "probation/offenders": offenders,
        "probation/personal_contacts": personal_contacts,
        "probation/assessed_children": assessed_children,
        "childrens_services/children": children,
        "childrens_services/related_adults": related_adults,
    }

    def read(name: str) -> pa.Table:
        return readers[name](extracts[name], as_of)

    # Two tables at a time; the largest come last, so that two of them meet.
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(read, [name for name in readers if name in extracts]))
    return pa.concat_tables([ROW_SCHEMA.empty_table(), *found, visitors(extracts, as_of)])


def _relationships(extracts: Mapping[str, pa.Table], rows: pa.Table) -> pa.Table:
    """Whom people declare, and who is recorded with whom."""
    stated = [declared_relationships(rows), recorded_relationships(extracts, rows)]
    return RELATIONSHIP_TABLE.conform(pa.concat_tables(stated))


def _mentions(rows: pa.Table, lists: Mapping[str, pa.ListArray]) -> pa.Table:
    """Mention rows with their lists."""
    table = rows.select([name for name in MENTIONS.column_names if name in rows.column_names])
    for name, values in lists.items():
        table = table.append_column(name, values)
    return table


def _report(result: Standardised, seconds: float) -> None:
    """One line of counts: what came out, and how often a word or a name said nothing."""
    stated = result.relationships["relationship"]
    unknown = pc.sum(pc.equal(stated, "unknown")).as_py() or 0
    nameless = pc.and_(
        pc.is_null(result.mentions["given_name"]), pc.is_null(result.mentions["surname"])
    )
    log.info(
        "%d mentions (%d without any name), %d addresses, %d relationships (%d unknown), %.1f s",
        result.mentions.num_rows, pc.sum(nameless).as_py() or 0, result.mention_addresses.num_rows,
        result.relationships.num_rows, unknown, seconds,
    )  # fmt: skip
