"""Block report: counts per rule worked out by hand, decisions, and what may not be in it."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from linkage_people import linked_tables

from pipeline.linkage import LinkageSettings, LinkageSpec, dedupe, link
from pipeline.linkage.blocking.shared_keys import shared_keys
from pipeline.linkage.encoding.encode import encode
from pipeline.linkage.linking import report_blocking
from pipeline.linkage.spec import Comparison, RuleFamily, parse_rule

COLUMNS = ("given_name", "surname", "date_of_birth")


def spec(*families: tuple[str, ...]) -> LinkageSpec:
    comparisons = tuple(Comparison(column, column, column) for column in COLUMNS)
    return LinkageSpec(comparisons, tuple(RuleFamily.of(*keys) for keys in families))


def people_table(*people: tuple[str | None, str | None, str | None]) -> pa.Table:
    columns = zip(*people, strict=True)
    values = {name: pa.array(v, pa.string()) for name, v in zip(COLUMNS, columns, strict=True)}
    return pa.table({"record_id": pa.array(range(len(people))), **values})


FIVE = people_table(
    ("Ada", "Byron", "1815-12-10"),
    ("Ada", "Byron", "1815-12-10"),
    ("Ada", "King", "1815-12-10"),
    ("Ben", "King", "1790-01-01"),
    ("Ann", "Byron", "1815-03-04"),
)
"""Same birth date: 01 02 12. Surname and initial: 01 04 14. Given name: 01 02 12 (all dated alike).
Surname: 01 04 14 and 23."""


def test_every_rule_says_what_it_makes_adds_and_makes_alone() -> None:
    rules = spec(("date_of_birth",), ("surname + given_name.initial",), ("surname",))
    found = report_blocking(FIVE, spec=rules)
    rows = found.rules.to_pylist()
    assert [row["pairs"] for row in rows] == [3, 3, 4]
    assert [row["cumulative_pairs"] for row in rows] == [3, 5, 6]
    assert [row["added_pairs"] for row in rows] == [3, 2, 1]
    assert [row["only_pairs"] for row in rows] == [2, 0, 1]
    assert [row["largest_blocks"] for row in rows] == [[3], [3], [3, 1]]
    assert found.candidate_pairs == 6
    assert found.possible_pairs == 5 * 4 // 2
    assert found.reduction_ratio == pytest.approx(1 - 6 / 10)


def test_a_rule_over_budget_is_narrowed_or_dropped_and_says_what_would_allow_it() -> None:
    rules = spec(("surname",), ("given_name", "given_name + date_of_birth"), ("date_of_birth",))
    settings = LinkageSettings(pairs_per_record=0.01, spare_pairs=3)
    twice = pa.concat_tables([FIVE, people_table(("Ada", "Byron", None)).set_column(
        0, "record_id", pa.array([5]))])  # fmt: skip
    found = report_blocking(twice, spec=rules, settings=settings).rules.to_pylist()
    decisions = {row["rule"]: row["decision"] for row in found}
    assert decisions == {
        "surname": "dropped", "given_name": "narrowed",
        "given_name + date_of_birth": "used", "date_of_birth": "used",
    }  # fmt: skip
    # Surname: {0, 1, 4, 5} make 6 pairs and {2, 3} one: 7 pairs over 6 records is 2 a record.
    assert "allow 2 pairs per record" in found[0]["advice"]
    assert found[0]["cumulative_pairs"] is None


def test_a_rule_without_pairs_says_so() -> None:
    found = report_blocking(FIVE, spec=spec(("surname",), ("surname + date_of_birth.month_day",)))
    assert found.rules["decision"].to_pylist() == ["used", "used"]
    apart = report_blocking(FIVE.slice(2), spec=spec(("given_name",), ("surname",)))
    assert apart.rules["decision"].to_pylist() == ["no pairs", "used"]
    assert "filled" in apart.rules["advice"][0].as_py()


def test_no_value_of_a_record_is_in_the_report() -> None:
    left, right = linked_tables(300, seed=4)
    text = json.dumps(report_blocking(left, right).rules.to_pylist())
    for column in ("given_name", "surname", "date_of_birth", "postcode"):
        assert not [value for value in left[column].to_pylist() if value and value in text]


def test_a_result_carries_the_report_and_the_estimate() -> None:
    left, right = linked_tables(1_500, seed=2)
    linked = link(left, right)
    reported = report_blocking(left, right)
    assert linked.block_report.equals(reported.rules)
    assert linked.blocking_recall == reported.recall
    assert linked.blocking_recall.recall is not None
    swapped = link(right, left)
    assert swapped.blocking_recall == linked.blocking_recall


def test_too_few_matches_give_a_reason_instead_of_an_estimate() -> None:
    recall = dedupe(FIVE, spec(("date_of_birth",), ("surname",))).blocking_recall
    assert recall.missed is None
    assert recall.recall is None
    assert "fewer than 50" in recall.reason


def test_shared_keys_of_single_and_many_values() -> None:
    def column(*values: list[str]) -> pa.Array:
        return pa.array(values, pa.list_(pa.string()))

    table = pa.table(
        {
            "record_id": [0, 1, 2],
            "given_name": column(["Ada"], ["Byron", "Ann"], []),
            "surname": column(["Byron", "King"], ["Ada"], ["King"]),
        }
    )
    wanted = LinkageSpec(
        (Comparison("given_name", "given_name", "given_name"),
         Comparison("surname", "surname", "surname")),
        (RuleFamily.of("{given_name, surname}"), RuleFamily.of("given_name.initial")),
    )  # fmt: skip
    rules = [parse_rule("{given_name, surname}"), parse_rule("given_name.initial")]
    left, right = np.array([0, 0, 1], np.int32), np.array([1, 2, 2], np.int32)
    found = shared_keys(encode(table, None, wanted, is_selective=False), rules, left, right)
    assert found.parts == (("given_name", "initial"), ("given_name", "value"), ("surname", "value"))
    assert found.is_shared.tolist() == [
        [True, False, False],
        [False, False, True],
        [False, False, False],
    ]
    assert found.is_exchanged.tolist() == [True, False, False]


def test_shared_keys_of_more_records_times_values_than_a_short_number_holds() -> None:
    """Sixty thousand records of as many surnames: record times value is beyond 2^31."""
    n = 60_000
    table = pa.table({"record_id": np.arange(n), "surname": [f"s{i:05d}" for i in range(n)]})
    wanted = LinkageSpec(
        (Comparison("surname", "surname", "surname"),), (RuleFamily.of("surname"),)
    )
    encoded = encode(table, table, wanted)
    every = np.arange(n, dtype=np.int32)
    found = shared_keys(encoded, [parse_rule("surname")], every, every)
    assert found.is_shared.all()
    assert not shared_keys(encoded, [parse_rule("surname")], every, every[::-1]).is_shared.any()
