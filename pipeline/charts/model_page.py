"""The page of a model: what it learned, what it found, and what is out of its reach.

In: a model, and where there are some scored pairs, pairs to explain, a table and a block report.
Out: HTML. It must not know a value of any record.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.charts.blocking_charts import recall_section
from pipeline.charts.model_charts import shares_chart, weights_chart
from pipeline.charts.page import Facts, Section, page
from pipeline.charts.pair_charts import (
    histogram_chart,
    pair_parts,
    threshold_chart,
    threshold_facts,
    threshold_rows,
    unlinkable_chart,
    unlinkable_rows,
    waterfall_chart,
)
from pipeline.linkage.deciding.block_report import BlockReport
from pipeline.linkage.deciding.unlinkable import own_weights_bits
from pipeline.linkage.model import TrainedModel


@dataclass(frozen=True)
class Shown:
    """What there is besides the model.

    Attributes:
        pairs: Scored pairs of this model.
        explained: Record ids, left and right, of pairs to take apart.
        table: Records of which to show how many could ever be linked.
        blocking: Report of the blocking that the pairs come from.
    """

    pairs: pa.Table | None = None
    explained: tuple[tuple[str, str], ...] = ()
    table: pa.Table | None = None
    blocking: BlockReport | None = None


def model_page(model: TrainedModel, shown: Shown) -> str:
    """The page as HTML.

    Raises:
        LinkageError: The pairs are of another model, or a pair to explain is not among them.
    """
    sections = [_provenance(model), _weights(model), _shares(model)]
    if shown.pairs is not None:
        sections += [_waterfall(model, shown.pairs, *ids) for ids in shown.explained]
        if shown.pairs.num_rows:
            sections += [_histogram(shown.pairs), _thresholds(shown.pairs, shown.blocking)]
    if shown.table is not None and shown.table.num_rows:
        sections.append(_unlinkable(model, shown.table))
    if shown.blocking is not None:
        sections.append(recall_section(shown.blocking))
    lead = (
        "What the linkage model learned, how it decides, and how far to trust it. Weights are in "
        "bits: one bit more doubles the odds that two records are one person."
    )
    return page("Linkage model", lead, sections)


def _provenance(model: TrainedModel) -> Section:
    origin = model.provenance
    rows = [
        ("trained on", origin.trained_on or "not said"),
        ("records", _records(model)),
        ("candidate pairs", f"{origin.candidate_pairs:,}"),
        ("expected matches among them", f"{model.population.matches:,.0f}"),
        ("expected pairs of one household", f"{model.population.households:,.0f}"),
        ("matches among all possible pairs", f"1 in {2**-model.prior_bits:,.0f}"),
        ("starting weight (prior)", f"{model.prior_bits:+.1f} bits"),
        ("estimation converged", "yes" if origin.converged else "NO: do not publish with it"),
        ("learned from data", "yes" if origin.learned else "NO: prior beliefs stand in"),
        ("specification", model.spec_hash[:12]),
    ]
    warnings = tuple(f"Warning: {warning}" for warning in model.warnings)
    text = ("Where the model comes from. It holds no value of any record.", *warnings)
    return Section("The model", text, facts=Facts(("", ""), tuple(rows)))


def _records(model: TrainedModel) -> str:
    origin = model.provenance
    if origin.is_dedupe:
        return f"{origin.left_records:,}, linked with one another"
    return f"{origin.left_records:,} and {origin.right_records:,}"


def _weights(model: TrainedModel) -> Section:
    text = (
        "What each agreement level adds to a pair's weight. Blue bars speak for one person, red "
        "ones against it; a level at zero tells nothing. Orange bars compare two people of one "
        "household with strangers: where blue and orange are alike (surname, address), agreement "
        "cannot tell a person from a relative.",
        "Pale bars are levels that hardly any expected match taught: belief, not data. The weight "
        "of exact agreement is that of a value of average frequency; a rare value weighs more, a "
        "common one less. A missing value adds nothing.",
    )
    return Section("What agreement is worth", text, (weights_chart(model),))


def _shares(model: TrainedModel) -> Section:
    text = (
        "How often each level occurs among pairs of one person (m), of two people of one household "
        "(h) and of strangers (u). The weights above are the logarithm of m over u. Look for "
        "surprises: exact agreement of one person's birth dates should be common, that of "
        "strangers rare.",
    )
    return Section("How often each level occurs", text, (shares_chart(model),))


def _waterfall(model: TrainedModel, pairs: pa.Table, left: str, right: str) -> Section:
    parts = pair_parts(pairs, model, left, right)
    text = (
        "How this pair came to its weight, from top to bottom: it starts with how rare matches "
        "are, each comparison adds or takes away, and the rarity of what agrees counts on its own. "
        "Dashed lines are match probabilities of 0.5 and 0.95. Values are never shown.",
    )
    return Section(f"Pair {left} and {right}", text, (waterfall_chart(parts),))


def _histogram(pairs: pa.Table) -> Section:
    lowest = pc.min(pairs["match_probability"]).as_py()
    text = (
        f"The {pairs.num_rows:,} pairs of the file by match weight. Two hills with a valley "
        "between them are what a linkage should look like; many pairs in the valley mean that the "
        "columns compared do not tell people apart.",
        f"The file holds pairs down to probability {lowest:.3g}. Link with a lower --threshold to "
        "see further down.",
    )
    return Section("Scored pairs by weight", text, (histogram_chart(pairs),))


def _thresholds(pairs: pa.Table, blocking: BlockReport | None) -> Section:
    matches, of_what = None, "matches expected in the file: what was not written is not counted"
    if blocking is not None and blocking.recall.missed is not None:
        matches = blocking.recall.found + blocking.recall.missed
        of_what = "matches expected in all, those that blocking missed included"
    rows = threshold_rows(pairs, matches)
    text = (
        "What accepting every pair from a threshold on would bring, if the probabilities can be "
        "trusted: how many of the links are expected to be true, and what share of the matches "
        f"they are. Recall is of the {of_what}.",
    )
    return Section("Choosing a threshold", text, (threshold_chart(rows),), threshold_facts(rows))


def _unlinkable(model: TrainedModel, table: pa.Table) -> Section:
    bits = own_weights_bits(table, model)
    rows = unlinkable_rows(bits)
    at = {row.probability: row.share for row in rows.itertuples()}
    text = (
        "Records that hold too little to be linked: even a perfect copy of such a record would "
        "not reach the probability wanted, because its values are missing or common. No threshold "
        "helps them; a further column would.",
        f"Of {table.num_rows:,} records, {math.ceil(at[0.95] * table.num_rows):,} cannot reach "
        "0.95.",
    )
    return Section("Records out of reach", text, (unlinkable_chart(rows),))
