"""Why each link is what it is, as one plain sentence.

In: evidence, the parts of the weights, decisions. Out: one text a link: what each witness said, the
bits of each part, what spoke against, the nearest rival. It must not know names, dates, addresses.
"""

from __future__ import annotations

import numpy as np

from pipeline.contracts.family import CONFLICTS
from pipeline.family.decide import Decisions
from pipeline.family.evidence import FamilyEvidence
from pipeline.family.weight_parts import WeightParts

NAMED_TO = np.array([
    "named", "named to prison", "named to probation", "named to prison and probation",
    "named as a visitor", "named to prison and as a visitor",
    "named to probation and as a visitor", "named to prison, to probation and as a visitor",
], object)  # fmt: skip
"""By whom the child was named to: 1 prison, 2 probation, 4 visits, added up."""

UNNAMED = np.array(["no child is named", "other children are named, not this one"], object)
RECORDED = "recorded with the child"
UNRECORDED = np.array([
    "not recorded, nor is any parent", "not recorded, another parent of that sex is",
    "not recorded, a parent of the other sex is",
], object)  # fmt: skip
"""By NO_PARENT, SAME_SEX, OTHER_SEX."""

HOMES = np.array([
    "no shared home", "homes in one area", "a postcode shared", "an address shared",
    "address and postcode shared", "homes not comparable",
], object)  # fmt: skip
SURNAMES = np.array(["surnames differ", "surname shared", "surnames not comparable"], object)
WHOSE = np.array([
    " and the child has neither parent's", " as the child has its other parent's", "",
], object)  # fmt: skip

LEAD_WORDS = {
    "sibling": " A lead: a recorded sibling is linked.",
    "address": " A lead: only homes, surnames and ages speak for it.",
    "likeness": " A lead: no witness carries it.",
}


def explanations(
    evidence: FamilyEvidence,
    parts: WeightParts,
    decisions: Decisions,
    named_to: dict[str, np.ndarray],
    kept: np.ndarray,
) -> np.ndarray:
    """One sentence for each link that is kept, (n_kept,) of text.

    Args:
        evidence: candidate families.
        parts: of their weights, under the likeliest reading of the evidence.
        decisions: of every family.
        named_to: flags of whom the nearest declared child was named to.
        kept: rows of the links.
    """
    phrases = [
        _with_bits(_nomination(evidence, parts, named_to)[kept], parts.nomination[kept]),
        _with_bits(_listing(evidence, parts)[kept], parts.listing[kept]),
        _with_bits(HOMES[_place(evidence, parts, decisions)[kept]], parts.place[kept]),
        _with_bits(
            SURNAMES[evidence.surname[kept]] + WHOSE[evidence.named_after[kept]],
            parts.surname[kept],
        ),
        _with_bits(_gap(evidence.age_gap_years[kept]), parts.age_gap[kept]),
        _with_bits(_same("before any evidence", len(kept)), parts.prior[kept]),
        _with_bits(_same("rivals, other ties and other readings", len(kept)), parts.rival[kept]),
    ]
    start = _tie(decisions, kept)
    all_parts = np.array([", ".join(each) for each in zip(*phrases, strict=True)], object)
    text = start + all_parts + "." + _against(decisions, kept) + _rival(decisions, kept)
    for lead, words in LEAD_WORDS.items():
        text[decisions.lead[kept] == lead] += words
    return np.asarray(text)


def _tie(decisions: Decisions, kept: np.ndarray) -> np.ndarray:
    """How likely a parent is, after the likelier relative where there is one."""
    relative = _written(decisions.relative_probability[kept], "%.3f")
    is_relative = decisions.relative_probability[kept] > decisions.probability[kept]
    first = np.where(is_relative, "Another relative with probability " + relative + ", a", "A")
    parent = _written(decisions.probability[kept], "%.3f")
    return np.asarray(first + " parent with probability " + parent + ": ")


def _nomination(
    evidence: FamilyEvidence, parts: WeightParts, named_to: dict[str, np.ndarray]
) -> np.ndarray:
    code = sum(
        weight * named_to[name].astype(int)
        for weight, name in ((1, "is_prison"), (2, "is_probation"), (4, "is_visit"))
    )
    silent = UNNAMED[(evidence.declaring > 0).astype(int)]
    return np.asarray(np.where(parts.is_named, NAMED_TO[code], silent))


def _listing(evidence: FamilyEvidence, parts: WeightParts) -> np.ndarray:
    return np.where(parts.is_listed, RECORDED, UNRECORDED[evidence.recorded])


def _place(evidence: FamilyEvidence, parts: WeightParts, decisions: Decisions) -> np.ndarray:
    """Place level that the bits are of: the recorded adult's, where that is the offender."""
    recorded = np.append(evidence.listings.place, -1)[decisions.listing]
    return np.where(parts.is_listed, recorded, evidence.place)


def _gap(years: np.ndarray) -> np.ndarray:
    known = _written(np.nan_to_num(years), "%.0f") + " years older"
    return np.where(np.isnan(years), "age gap not known", known)


def _against(decisions: Decisions, kept: np.ndarray) -> np.ndarray:
    """What spoke against, in the words of the codes; nothing where nothing did."""
    text = _same("", len(kept))
    for code in CONFLICTS:
        rows = np.flatnonzero(decisions.conflicts[code][kept])
        before = np.where(text[rows] == "", " Against it: ", text[rows] + ", ")
        text[rows] = before + code.replace("_", " ")
    text[text != ""] += "."
    return text


def _rival(decisions: Decisions, kept: np.ndarray) -> np.ndarray:
    margin = decisions.rival_margin_bits[kept]
    has_one = np.isfinite(margin)
    bits = _written(np.abs(np.where(has_one, margin, 0.0)), "%.1f")
    side = np.where(margin < 0, " bits ahead.", " bits behind.")
    return np.where(has_one, " The nearest rival is " + bits + side.astype(object), "")


def _with_bits(text: np.ndarray, bits: np.ndarray) -> np.ndarray:
    """The phrase with its bits in brackets."""
    return np.asarray(text + " (" + _written(bits, "%+.1f") + ")")


def _written(values: np.ndarray, form: str) -> np.ndarray:
    """Numbers as text; each distinct one is written once."""
    distinct, at = np.unique(np.round(values, 3 if form == "%.3f" else 1), return_inverse=True)
    return np.array([form % value for value in distinct], object)[at]


def _same(text: str, size: int) -> np.ndarray:
    return np.full(size, text, object)
