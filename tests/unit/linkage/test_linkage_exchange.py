"""Models of Splink read and written: the same weights on the same pairs, or a plain refusal."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv
import pytest
from click.testing import CliRunner

from pipeline.cli import commands
from pipeline.errors import LinkageError, SpecError
from pipeline.linkage.decision import PairDecision, ValueShares
from pipeline.linkage.exchange.kinds_in_sql import SQL_OF_KIND
from pipeline.linkage.exchange.splink import splink_model
from pipeline.linkage.exchange.splink_export import splink_settings
from pipeline.linkage.exchange.sql import key_of_sql, level_of_sql
from pipeline.linkage.exchange.sql_of_levels import key_sql, level_sql
from pipeline.linkage.ladders import Ladder, parse_level
from pipeline.linkage.linking import believed_model, dedupe, link
from pipeline.linkage.model import TrainedModel
from pipeline.linkage.person_spec import ROLES, default_person_spec
from pipeline.linkage.rules import parse_rule
from pipeline.linkage.settings import LinkageSettings
from pipeline.linkage.spec import KINDS, Comparison, LinkageSpec, RuleFamily

ALL_PAIRS = LinkageSettings(threshold=0.0)
GIVEN = ["Anna", "Anne", "Zoë", "Zoe", "José", "Jose", "Martha", "Marhta", "Dwayne", "Duane"]
FAMILY = ["Smith", "Smyth", "Jones", "O'Neil", "ONeil", "García", "Garcia", "Lee"]
RULES = [
    '(l."given" = r."given") AND (l."family" = r."family")',
    "SUBSTRING(l.family, 1, 2) = SUBSTRING(r.family, 1, 2)",
    {"blocking_rule": 'SUBSTRING(l."born", 1, 4) = SUBSTRING(r."born", 1, 4)'},
]
NULL = '"{0}_l" IS NULL OR "{0}_r" IS NULL'
EQUAL = '"{0}_l" = "{0}_r"'
DAYS = (
    "ABS(EPOCH(try_strptime(\"born_l\", '%Y-%m-%d')) - "
    "EPOCH(try_strptime(\"born_r\", '%Y-%m-%d'))) <= {}"
)


def level(sql: str, m: float = 0.0, u: float = 0.0, **more: Any) -> dict[str, Any]:
    return {"sql_condition": sql, "m_probability": m, "u_probability": u, **more}


def comparison(name: str, *levels: dict[str, Any], null: str | None = None) -> dict[str, Any]:
    first = {"sql_condition": null or NULL.format(name), "is_null_level": True}
    return {"output_column_name": name, "comparison_levels": [first, *levels]}


def settings(*comparisons: dict[str, Any], link_type: str = "link_only") -> dict[str, Any]:
    return {
        "link_type": link_type,
        "probability_two_random_records_match": 0.01,
        "comparisons": list(comparisons),
        "blocking_rules_to_generate_predictions": RULES,
        "retain_intermediate_calculation_columns": True,
    }


GIVEN_COMPARISON = comparison(
    "given",
    level(EQUAL.format("given"), 0.7, 0.03, tf_adjustment_column="given",
          tf_adjustment_weight=0.5),
    level('jaro_winkler_similarity("given_l", "given_r") >= 0.92', 0.1, 0.01,
          tf_adjustment_column="given", tf_minimum_u_value=0.08),
    level('jaro_similarity("given_l", "given_r") > 0.7', 0.1, 0.06),
    level("ELSE", 0.1, 0.9),
)  # fmt: skip
FAMILY_COMPARISON = comparison(
    "family",
    level(EQUAL.format("family"), 0.8, 0.02, tf_adjustment_column="family"),
    level('"given_l" = "family_r" AND "given_r" = "family_l"', 0.01, 0.001),
    level('damerau_levenshtein("family_l", "family_r") <= 1', 0.06, 0.01),
    level('jaccard("family_l", "family_r") >= 0.6', 0.03, 0.03),
    level("NOT (lower(\"family_l\") = lower(\"family_r\"))", 0.05, 0.9),
    level("ELSE", 0.05, 0.03),
)  # fmt: skip
BORN_COMPARISON = comparison(
    "born",
    level(EQUAL.format("born"), 0.85, 0.001),
    level('levenshtein("born_l", "born_r") <= 1', 0.05, 0.01),
    level(DAYS.format(2629800.0), 0.04, 0.05),
    level(DAYS.format(31557600.0), 0.03, 0.4),
    level("ELSE", 0.03, 0.5),
    null="try_strptime(\"born_l\", '%Y-%m-%d') IS NULL OR "
         "try_strptime(\"born_r\", '%Y-%m-%d') IS NULL",
)  # fmt: skip
POST_COMPARISON = comparison(
    "post",
    level(EQUAL.format("post"), 0.6, 0.1),
    level("NULLIF(regexp_extract(\"post_l\", '^[A-Z]{1,2}[0-9]', 0), '') = "
          "NULLIF(regexp_extract(\"post_r\", '^[A-Z]{1,2}[0-9]', 0), '')", 0.2, 0.2),
    level("ELSE", 0.2, 0.7),
)  # fmt: skip
TAGS_COMPARISON = comparison(
    "tags",
    level('array_length(list_intersect("tags_l", "tags_r")) >= 2', 0.5, 0.1),
    level('array_length(list_intersect("tags_l", "tags_r")) >= 1', 0.3, 0.3),
    level("ELSE", 0.2, 0.6),
)
EVERYTHING = (
    GIVEN_COMPARISON, FAMILY_COMPARISON, BORN_COMPARISON, POST_COMPARISON, TAGS_COMPARISON,
)  # fmt: skip


def people(n: int, prefix: str, seed: int) -> pd.DataFrame:
    """Made-up records, one value in ten missing."""
    rng = random.Random(seed)

    def maybe(value: object) -> object:
        return None if rng.random() < 0.1 else value

    rows = [
        {
            "unique_id": f"{prefix}{number:03}",
            "given": maybe(rng.choice(GIVEN)),
            "family": maybe(rng.choice(FAMILY)),
            "born": maybe(
                f"19{rng.randint(60, 62)}-{rng.randint(1, 4):02}-{rng.randint(1, 30):02}"
            ),
            "post": maybe(rng.choice(["SW1A 1AA", "SW1A 2AA", "SW2 1AA", "N1 1AA", "x"])),
            "tags": maybe([rng.choice("abcdef") for _ in range(rng.randint(1, 3))]),
        }
        for number in range(n)
    ]
    return pd.DataFrame(rows)


def splink_weights(document: dict[str, Any], tables: list[pd.DataFrame]) -> dict:
    """Weight of each pair, by its two ids, as Splink has it."""
    splink = pytest.importorskip("splink")
    database = splink.DuckDBAPI()
    registered = [
        database.register(table, dataset_display_name=f"table_{number}")
        for number, table in enumerate(tables)
    ]
    linker = splink.Linker(registered if len(tables) > 1 else registered[0], document)
    found = linker.inference.predict().as_pandas_dataframe()
    ids = zip(found["unique_id_l"], found["unique_id_r"], strict=True)
    return {frozenset(pair): w for pair, w in zip(ids, found["match_weight"], strict=True)}


def own_weights(model: TrainedModel, frames: list[pd.DataFrame]) -> dict:
    tables = [pa.Table.from_pandas(frame, preserve_index=False) for frame in frames]
    find = link if len(tables) == 2 else dedupe
    pairs = find(*tables, settings=ALL_PAIRS, model=model).pairs.to_pandas()
    parts = pairs.filter(regex="^weight_.*_bits$").sum(axis=1) + model.prior_bits
    assert np.abs(parts - pairs["match_weight_bits"]).max() < 1e-9
    ids = zip(pairs["record_id_l"], pairs["record_id_r"], strict=True)
    return {frozenset(pair): w for pair, w in zip(ids, pairs["match_weight_bits"], strict=True)}


def assert_same(one: dict, other: dict) -> None:
    assert len(one) > 500
    assert one.keys() == other.keys()
    assert max(abs(one[pair] - other[pair]) for pair in one) < 1e-9


TWO_TABLES = [people(90, "a", 1), people(110, "b", 2)]
ONE_TABLE = [people(150, "a", 3)]


def with_copies(table: pd.DataFrame, n: int) -> pd.DataFrame:
    """The table, and its first records twice more under other ids."""
    copied = [table.head(n).assign(unique_id=more + table["unique_id"]) for more in "bc"]
    return pd.concat([table, *copied], ignore_index=True)


WITH_COPIES = [with_copies(ONE_TABLE[0], 30)]


@pytest.mark.parametrize(
    ("tables", "link_type"),
    [(TWO_TABLES, "link_only"), (ONE_TABLE, "dedupe_only"), (WITH_COPIES, "dedupe_only")],
    ids=["two tables", "one table", "one table with exact copies"],
)
def test_an_imported_model_weighs_every_pair_as_splink_does(
    tables: list[pd.DataFrame], link_type: str
) -> None:
    document = settings(*EVERYTHING, link_type=link_type)
    model = TrainedModel.from_json(splink_model(document).to_json())
    assert_same(splink_weights(document, tables), own_weights(model, tables))


def test_an_exported_model_weighs_every_pair_in_splink_as_it_does_here() -> None:
    ladders = (
        Ladder("given", ("exact", "jaro_winkler >= 0.9 and not exact(family)"), is_bytewise=True),
        Ladder("family", ("exact or exact(given, family)", "exact(.first3)", "levenshtein < 3"),
               null="missing and missing(given)", is_bytewise=True),
        Ladder("born", ("exact", "days <= 1", "months <= 1"), null="missing(.date)",
               is_bytewise=True),
    )  # fmt: skip
    rules = ("family.first2", "{given, family}", "born.year")
    spec = LinkageSpec(
        tuple(Comparison(one.column, "levels", one.column, ladder=one) for one in ladders),
        tuple(RuleFamily.of(rule) for rule in rules),
        id_column="unique_id",
    )
    believed = believed_model(spec, (1, 1), False)
    expected = float(believed.probabilities.u[0, 2])
    shares = ValueShares("given", 2, "given", expected, weight=0.7, least_share=0.01)
    model = TrainedModel(
        spec, believed.probabilities, believed.population, believed.trained, believed.provenance,
        decision=PairDecision((shares,)),
    )  # fmt: skip
    document, said = splink_settings(model)
    assert said == ()
    assert_same(splink_weights(document, TWO_TABLES), own_weights(model, TWO_TABLES))


def test_an_imported_model_is_exported_as_it_came() -> None:
    model = splink_model(settings(*EVERYTHING))
    document, said = splink_settings(model)
    again = splink_model(json.loads(json.dumps(document)))
    assert said == ()
    assert again.spec.rule_families == model.spec.rule_families
    for one, other in zip(again.spec.comparisons, model.spec.comparisons, strict=True):
        assert one.ladder is not None
        assert other.ladder is not None
        assert one.ladder.levels == other.ladder.levels
        assert one.ladder.null_level == other.ladder.null_level
    assert again.decision == model.decision
    assert np.array_equal(again.probabilities.u, model.probabilities.u)


def test_the_default_person_model_is_read_by_splink_and_says_what_it_lost() -> None:
    model = believed_model(default_person_spec(ROLES, exact=["code"]), (2, 2), True)
    document, said = splink_settings(model)
    text = "\n".join(said)
    for lost in ("independent" if model.probabilities.error_types else "rivals", "nickname", "rare",
                 "soundex", "cleaned"):  # fmt: skip
        assert lost in text
    for one in document["comparisons"]:
        levels = [entry for entry in one["comparison_levels"] if not entry.get("is_null_level")]
        assert sum(entry["m_probability"] for entry in levels) == pytest.approx(1.0)
        assert levels[-1]["sql_condition"] == "ELSE"
    columns = {role: ["a", "a"] for role in ROLES} | {"code": ["x", "x"]}
    columns |= {"date_of_birth": ["1990-02-03", "1990-03-02"], "record_id": ["1", "2"]}
    splink = pytest.importorskip("splink")
    database = splink.DuckDBAPI()
    linker = splink.Linker(database.register(pd.DataFrame(columns)), document)
    found = linker.inference.predict().as_pandas_dataframe()
    # Day and month swapped: the second of the six levels that are left, from the top.
    assert found["gamma_date_of_birth"].tolist() == [5]


def test_every_kind_has_its_levels_in_sql() -> None:
    assert {name: len(one.levels) - 1 for name, one in KINDS.items()} == {
        name: len(sql) for name, sql in SQL_OF_KIND.items()
    }


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ('"a_r" = "a_l"', "exact(a)"),
        ('CAST("a_l" AS VARCHAR) = CAST("a_r" AS VARCHAR)', "exact(a)"),
        ('("a_l" IS NULL OR "a_r" IS NULL) AND ("b_l" IS NULL OR "b_r" IS NULL)',
         "(missing(a)) and (missing(b))"),
        ('ABS("a_l" - "a_r") < 5', "difference(a) < 5"),
        ("left(a_l, 3) = left(a_r, 3)", "exact(a.first3)"),
    ],
)  # fmt: skip
def test_sql_is_read_as_a_level(sql: str, expected: str) -> None:
    assert parse_level(level_of_sql(sql), "") == parse_level(expected, "")


@pytest.mark.parametrize(
    "sql",
    [
        "\"a_l\" = 'x' AND \"a_r\" = 'x'",
        '"a_l" = "b_l"',
        '"a_l" IS NULL',
        'array_cosine_similarity("a_l", "a_r") >= 0.9',
        'levenshtein("a_l", "a_r") >= 2',
        'substr("a_l", 2, 3) = substr("a_r", 2, 3)',
        'lower(substr("a_l", 1, 3)) = lower(substr("a_r", 1, 3))',
        "try_strptime(\"a_l\", '%d/%m/%Y') = try_strptime(\"a_r\", '%d/%m/%Y')",
        'abs("lat_l" - "lat_r") / "lat_r" <= 1',
        '"a_l" = "a_r" AND (',
        '"a b_l" = "a b_r"',
    ],
)
def test_sql_that_a_ladder_cannot_say_is_refused(sql: str) -> None:
    with pytest.raises(SpecError, match="cannot be carried over"):
        level_of_sql(sql)


def test_blocking_rules_are_read_as_keys() -> None:
    assert key_of_sql("(l.a = r.a) AND (year(l.b) = year(r.b))") == "a + b.year"
    for sql in ("l.a = r.b", "l.a = r.a and levenshtein(l.b, r.b) < 2", "l.a = r.a or l.b = r.b"):
        with pytest.raises(SpecError):
            key_of_sql(sql)


def test_keys_are_written_as_blocking_rules() -> None:
    assert key_sql(parse_rule("a.first2 + b")) == [
        'SUBSTRING(l."a", 1, 2) = SUBSTRING(r."a", 1, 2) AND l."b" = r."b"'
    ]
    assert len(key_sql(parse_rule("{a, b} + c"))) == 2
    assert key_sql(parse_rule("a.soundex")) == []
    assert level_sql(parse_level("exact(.soundex)", "a")) is None


REFUSED = {
    "a level that was never trained": comparison("given", level(EQUAL.format("given")),
                                                 level("ELSE", 0.1, 0.9)),
    "a condition of no ladder": comparison("given", level("like(given_l, given_r)", 0.1, 0.1),
                                           level("ELSE", 0.1, 0.9)),
    "no level of all other pairs": comparison("given", level(EQUAL.format("given"), 0.1, 0.1)),
    "frequencies of a column with no level of its own": comparison(
        "given", level(EQUAL.format("given"), 0.1, 0.1, tf_adjustment_column="family"),
        level("ELSE", 0.1, 0.9)),
}  # fmt: skip


@pytest.mark.parametrize("entry", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_carried_exactly_is_refused_by_name(entry: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match="comparison 'given'"):
        splink_model(settings(entry))


def test_settings_without_blocking_rules_or_comparisons_are_refused() -> None:
    with pytest.raises(SpecError, match="blocking"):
        splink_model(settings(GIVEN_COMPARISON) | {"blocking_rules_to_generate_predictions": []})
    with pytest.raises(SpecError, match="comparisons"):
        splink_model({})


def test_lists_have_no_value_whose_frequency_could_count() -> None:
    entry = comparison("tags", level(EQUAL.format("tags"), 0.5, 0.1, tf_adjustment_column="tags"),
                       level("ELSE", 0.5, 0.9))  # fmt: skip
    with pytest.raises(LinkageError, match="holds lists"):
        own_weights(splink_model(settings(entry, GIVEN_COMPARISON)), TWO_TABLES)


def test_an_imported_model_links_from_the_command_line(tmp_path: Path) -> None:
    frames = [frame.drop(columns="tags") for frame in TWO_TABLES]
    for name, frame in zip(("left", "right"), frames, strict=True):
        table = pa.Table.from_pandas(frame, preserve_index=False)
        pacsv.write_csv(table, tmp_path / f"{name}.csv")
    document = settings(*EVERYTHING[:4])
    (tmp_path / "splink.json").write_text(json.dumps(document))
    runner = CliRunner()
    for line in (
        f"model import {tmp_path}/splink.json --out {tmp_path}/model.json",
        f"link {tmp_path}/left.csv {tmp_path}/right.csv --model {tmp_path}/model.json "
        f"--threshold 0.5 --out {tmp_path}/pairs.csv",
        f"model export {tmp_path}/model.json --out {tmp_path}/again.json",
    ):
        done = runner.invoke(commands, line.split(), catch_exceptions=False)
        assert done.exit_code == 0, done.output
    expected = {p for p, w in own_weights(splink_model(document), frames).items() if w >= 0}
    pairs = pd.read_csv(tmp_path / "pairs.csv")
    found = zip(pairs["record_id_l"], pairs["record_id_r"], strict=True)
    assert {frozenset(pair) for pair in found} == expected
    again = json.loads((tmp_path / "again.json").read_text())
    assert splink_model(again).decision == splink_model(document).decision


@pytest.mark.parametrize("name", ["import", "export"])
def test_each_command_has_an_example(name: str) -> None:
    command = commands.commands["model"].commands[name]  # type: ignore[attr-defined]
    assert command.help
    assert f"kinlink model {name} " in command.epilog
