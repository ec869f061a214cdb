"""Pages of charts: every chart is drawn for real, figures are right, no value of a record shows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import vl_convert
from click.testing import CliRunner
from linkage_people import linked_tables

from pipeline.charts.blocking_charts import as_text
from pipeline.charts.evaluation_page import (
    MEASURES,
    calibration_chart,
    counts_chart,
    measures_chart,
    threshold_facts,
    write_evaluation_page,
)
from pipeline.charts.files import write_block_report, write_model_page
from pipeline.charts.model_charts import levels_table
from pipeline.charts.model_page import Shown, model_page
from pipeline.charts.pair_charts import pair_parts, threshold_rows, unlinkable_rows
from pipeline.cli import commands
from pipeline.errors import LinkageError
from pipeline.linkage import LinkageSettings, LinkResult, link
from pipeline.linkage.deciding.block_report import BlockReport
from pipeline.linkage.deciding.unlinkable import own_weights_bits
from pipeline.linkage.linking import report_blocking

SECTIONS = (
    "The model", "What agreement is worth", "How often each level occurs", "Pair ",
    "Scored pairs by weight", "Choosing a threshold", "Records out of reach",
    "How many matches blocking finds",
)  # fmt: skip


@pytest.fixture(scope="module", name="tables")
def _tables() -> tuple[pa.Table, pa.Table]:
    return linked_tables(1_200, seed=5)


@pytest.fixture(scope="module", name="linked")
def _linked(tables: tuple[pa.Table, pa.Table]) -> LinkResult:
    return link(*tables, settings=LinkageSettings(threshold=0.01))


@pytest.fixture(scope="module", name="report")
def _report(tables: tuple[pa.Table, pa.Table]) -> BlockReport:
    return report_blocking(*tables)


def ids_of(linked: LinkResult, row: int) -> tuple[str, str]:
    return linked.pairs["record_id_l"][row].as_py(), linked.pairs["record_id_r"][row].as_py()


@pytest.fixture(scope="module", name="html")
def _html(tables: tuple[pa.Table, pa.Table], linked: LinkResult, report: BlockReport) -> str:
    return model_page(linked.model, Shown(linked.pairs, (ids_of(linked, 3),), tables[0], report))


def charts_in(html: str) -> list[dict[str, Any]]:
    found = re.findall(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)
    return [json.loads(text) for text in found]


def own_words(html: str) -> str:
    """The page without the drawing library."""
    return re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL)


def words_of(svg: str) -> str:
    return " ".join(re.findall(r"<text[^>]*>([^<]*)<", svg))


def test_the_page_has_every_section_and_a_drawn_chart_in_each(html: str) -> None:
    headings = re.findall(r"<h2>(.*?)</h2>", own_words(html))
    assert [h.startswith(s) for h, s in zip(headings, SECTIONS, strict=True)] == [True] * 8
    drawn = [words_of(vl_convert.vegalite_to_svg(chart)) for chart in charts_in(html)]
    assert len(drawn) == len(SECTIONS) - 1
    weights, shares, waterfall, histogram, thresholds, unlinkable, recall = drawn
    assert "one person rather than strangers" in weights
    assert "given_name" in weights
    assert "household" in weights
    assert "one digit differs" in shares
    assert "prior: how rare matches are among all pairs" in waterfall
    assert "match (from 0.95)" in histogram
    assert "expected precision" in thresholds
    assert "match probability wanted" in unlinkable
    assert "estimated recall of blocking" in recall


def test_a_page_asks_nothing_of_the_network(html: str, tmp_path: Path, report: BlockReport) -> None:
    write_block_report(report, tmp_path / "report.html")
    for text in (html, (tmp_path / "report.html").read_text()):
        markup = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
        assert not re.search(r"(src|href)=[\"']?(http|//)", text[: text.index("<h1>")] + markup)
        assert "window.vegaEmbed" in text


def test_no_value_of_a_record_is_on_a_page(html: str, tables: tuple[pa.Table, pa.Table]) -> None:
    words = set(re.findall(r"[\w-]+(?: \w+)?", own_words(html))) | set(
        re.findall(r"[\w-]+", own_words(html))
    )
    for column in ("given_name", "surname", "date_of_birth", "postcode"):
        values = {value for table in tables for value in table[column].to_pylist() if value}
        assert not values & words


def test_weights_are_the_logarithm_of_m_over_u(linked: LinkResult) -> None:
    table = levels_table(linked.model)
    row = table[
        (table.comparison == "surname") & (table.level == 5) & (table.pairs == "one person")
    ]
    m, u = linked.model.probabilities.m[1, 5], linked.model.probabilities.u[1, 5]
    assert row["bits"].item() == pytest.approx(np.log2(m / u))
    assert row["share"].item() == pytest.approx(m)


def test_a_waterfall_adds_up_to_the_weight_of_the_pair(linked: LinkResult) -> None:
    for row in (0, 50, 200):
        parts = pair_parts(linked.pairs, linked.model, *ids_of(linked, row))
        assert parts["bits"].iloc[:-1].sum() == pytest.approx(parts["bits"].iloc[-1])
        assert parts["bits"].iloc[-1] == linked.pairs["match_weight_bits"][row].as_py()
        assert parts["end"].to_numpy()[:-2] == pytest.approx(parts["start"].to_numpy()[1:-1])


def test_a_waterfall_names_what_was_not_comparable(linked: LinkResult) -> None:
    levels = linked.pairs["level_postcode"].to_pylist()
    parts = pair_parts(linked.pairs, linked.model, *ids_of(linked, levels.index(None)))
    postcode = parts[parts["part"] == "postcode"]
    assert postcode["says"].tolist() == ["not comparable"]
    assert postcode["bits"].tolist() == [0.0]


def test_a_pair_that_is_not_there_is_refused(linked: LinkResult) -> None:
    with pytest.raises(LinkageError, match="not among the"):
        pair_parts(linked.pairs, linked.model, "l00000", "nobody")


def test_a_threshold_table_by_hand() -> None:
    pairs = pa.table({"match_probability": [0.999, 0.96, 0.9, 0.6, 0.2]})
    rows = threshold_rows(pairs).set_index("threshold")
    assert rows.loc[0.95, "links"] == 2
    assert rows.loc[0.95, "expected_true"] == pytest.approx(1.959)
    assert rows.loc[0.9, "expected_precision"] == pytest.approx((0.999 + 0.96 + 0.9) / 3)
    assert rows.loc[0.5, "expected_recall"] == pytest.approx(3.459 / 3.659)
    # Blocking missed one more: ten matches there are.
    known = threshold_rows(pairs, matches=10.0).set_index("threshold")
    assert known.loc[0.5, "expected_recall"] == pytest.approx(0.3459)


def test_records_with_little_in_them_are_out_of_reach(
    tables: tuple[pa.Table, pa.Table], linked: LinkResult
) -> None:
    left = tables[0]
    bare = left.set_column(
        left.column_names.index("date_of_birth"), "date_of_birth",
        pa.nulls(left.num_rows, pa.string()),
    ).set_column(
        left.column_names.index("postcode"), "postcode", pa.nulls(left.num_rows, pa.string())
    )  # fmt: skip
    whole = unlinkable_rows(own_weights_bits(left, linked.model)).set_index("probability")["share"]
    little = unlinkable_rows(own_weights_bits(bare, linked.model)).set_index("probability")["share"]
    assert whole[0.95] < 0.01
    assert little[0.95] > 0.5
    assert little.is_monotonic_increasing


def test_a_report_survives_json_and_says_what_it_says(report: BlockReport, tmp_path: Path) -> None:
    again = BlockReport.from_json(report.to_json())
    assert again == report
    assert as_text(again) == as_text(report)
    for ending in ("csv", "parquet"):
        write_block_report(report, tmp_path / f"report.{ending}")
    assert pq.read_table(tmp_path / "report.parquet").num_rows == report.rules.num_rows
    assert "date_of_birth" in (tmp_path / "report.csv").read_text()
    assert "reduction ratio" in as_text(report)
    assert "postcode" in as_text(report)
    with pytest.raises(LinkageError, match="no block report"):
        BlockReport.from_json("{}")


def test_the_commands_write_pages_and_refuse_plainly(
    tmp_path: Path, tables: tuple[pa.Table, pa.Table]
) -> None:
    def run(*arguments: str) -> Any:
        return CliRunner().invoke(commands, [a.replace("@", f"{tmp_path}/") for a in arguments])

    for name, table in zip(("left", "right"), tables, strict=True):
        pq.write_table(table, tmp_path / f"{name}.parquet")
    files = ("@left.parquet", "@right.parquet")
    done = run("link", *files, "--out", "@pairs.parquet", "--save-model", "@model.json")
    assert done.exit_code == 0, done.output
    assert "blocking found an estimated" in done.output
    done = run("block-report", *files, "--model", "@model.json", "--out", "@report.json")
    assert done.exit_code == 0, done.output
    assert "date_of_birth" in done.output
    pair = pq.read_table(tmp_path / "pairs.parquet").slice(4, 1).to_pylist()[0]
    done = run(
        "charts", "@model.json", "--pairs", "@pairs.parquet", "--pair", pair["record_id_l"],
        pair["record_id_r"], "--table", "@left.parquet", "--blocking", "@report.json",
        "--out", "@charts.html",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert len(charts_in((tmp_path / "charts.html").read_text())) == 7
    alone = run("charts", "@model.json", "--out", "@alone.html")
    assert alone.exit_code == 0, alone.output
    assert len(charts_in((tmp_path / "alone.html").read_text())) == 2


def test_what_cannot_be_drawn_is_refused(tmp_path: Path, linked: LinkResult) -> None:
    model = tmp_path / "model.json"
    linked.model.save(model)
    (tmp_path / "pairs.csv").write_text("record_id_l\n")
    with pytest.raises(LinkageError, match=r"must end in \.html"):
        write_model_page(model, tmp_path / "charts.pdf")
    with pytest.raises(LinkageError, match="--pairs"):
        write_model_page(model, tmp_path / "charts.html", explained=[("a", "b")])
    with pytest.raises(LinkageError, match="link again"):
        write_model_page(model, tmp_path / "charts.html", pairs=tmp_path / "pairs.csv")


def test_the_page_of_an_evaluation_has_thresholds_and_calibration(tmp_path: Path) -> None:
    sensitivity = pd.DataFrame({
        "threshold": [0.5, 0.95], "links": [1200, 1000], "expected_precision": [0.96, 0.99],
        "precision": [0.95, 0.992], "recall": [0.7, 0.6], "findable_recall": [0.9, np.nan],
    })  # fmt: skip
    calibration = pd.DataFrame({
        "mean_probability": [0.3, 0.99], "observed": [0.25, 0.98], "observed_low": [0.2, 0.97],
        "observed_high": [0.3, 0.99], "links": [200, 1000],
    })  # fmt: skip
    write_evaluation_page("run-1", sensitivity, calibration, tmp_path / "evaluation.html")
    text = (tmp_path / "evaluation.html").read_text(encoding="utf-8")
    assert "Other thresholds" in text
    assert "1,200" in text
    assert "99.2%" in text
    for spec in (
        measures_chart(sensitivity), counts_chart(sensitivity), calibration_chart(calibration)
    ):  # fmt: skip
        assert vl_convert.vegalite_to_svg(json.dumps(spec)).startswith("<svg")


def test_a_long_table_of_thresholds_is_thinned_but_for_its_ends() -> None:
    rows = pd.DataFrame({"threshold": np.arange(40) / 40, "links": 40})
    for name in MEASURES:
        rows[name] = 0.5
    shown = [row[0] for row in threshold_facts(rows).rows]
    assert (len(shown), shown[0], shown[-1]) == (12, "0", "0.975")
