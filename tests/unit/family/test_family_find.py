"""Inputs that lack something must still give an answer, and say what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest
from family_scene import Scene, crowd, home
from pydantic import ValidationError

from pipeline.contracts.family import BANDS, BASES, CONFLICTS, EVIDENCE_CODES, FAMILY_LINKS
from pipeline.contracts.stages import DECLARED_CHILD_LINKS
from pipeline.family import find, find_families, witnesses
from pipeline.family.find import NOMINATION_SPEC
from pipeline.family.fusion import BOTH_SPEAK, NAMED_ONLY, RECORDED_ONLY
from pipeline.linkage.settings import LinkageSettings
from pipeline.linkage.spec import LinkageSpec
from pipeline.settings.family import FamilySettings

AS_OF = date(2022, 1, 1)


def family(scene: Scene, declared: bool = True, recorded: bool = True) -> None:
    """One father and his child."""
    father = scene.offender("bartholomew", "penrose", "1986-11-03", "M", home(1))
    if declared:
        scene.declares(father, "zebedee", "penrose", "2015-03-09", "M")
    child = scene.child("zebedee", "penrose", "2015-03-09", "M", home(1))
    if recorded:
        scene.records(child, "bartholomew", "penrose", "1986-11-03", "M", home=home(1))


def test_nobody_at_all():
    families = find_families(Scene().tables(), as_of=AS_OF)
    assert families.family_links.schema.equals(FAMILY_LINKS.to_arrow())
    assert families.family_links.num_rows == 0
    assert families.declared_child_links.schema.equals(DECLARED_CHILD_LINKS.to_arrow())
    assert any("says nothing" in warning for warning in families.warnings)


@pytest.mark.parametrize(
    ("declared", "recorded"),
    [
        pytest.param(True, True, id="one family with both witnesses"),
        pytest.param(False, True, id="nobody declares a child"),
        pytest.param(True, False, id="nobody is recorded with a child"),
        pytest.param(False, False, id="neither"),
    ],
)
def test_one_family_alone_is_answered_with_prior_rates_and_a_warning(declared, recorded):
    scene = Scene()
    family(scene, declared, recorded)
    families = find_families(scene.tables(), as_of=AS_OF)
    assert any("prior beliefs" in warning for warning in families.warnings)
    bands = families.family_links["match_band"].to_pylist()
    assert set(bands) <= set(BANDS)
    if not declared and not recorded:
        assert "match" not in bands


def test_without_any_childrens_services_there_are_no_links():
    scene = Scene()
    father = scene.offender("bartholomew", "penrose", "1986-11-03", "M", home(1))
    scene.declares(father, "zebedee", "penrose", "2015-03-09", "M")
    assert find_families(scene.tables(), as_of=AS_OF).family_links.num_rows == 0


@pytest.fixture(scope="module")
def crowded():
    return find_families(crowd(families=200, seed=9).scene.tables(), as_of=AS_OF)


def test_codes_are_those_of_the_contract(crowded):
    links = crowded.family_links.to_pandas()
    assert set(links.conflicts.explode().dropna()) <= set(CONFLICTS)
    assert set(links.evidence_summary.explode().dropna()) <= set(EVIDENCE_CODES)
    said = {code for basis in links.relationship_basis for code in basis.split("+")}
    assert said <= {*BASES}


def test_bands_keep_their_rules(crowded):
    links = crowded.family_links.to_pandas()
    match = links[links.match_band == "match"]
    assert (match.match_probability >= 0.95).all()
    assert (match.witness_share >= 0.5).all()
    assert match.lead.isna().all()
    assert links.judgement.isna().all()


def test_no_probability_is_out_of_range_and_the_parts_sum(crowded):
    links = crowded.family_links.to_pandas()
    both = links.match_probability + links.relative_probability
    assert both.between(0, 1 + 1e-9).all()
    parts = "nomination listing place surname age_gap prior rival".split()
    total = links[[f"{part}_bits" for part in parts]].sum(axis=1)
    assert np.allclose(total, links.match_weight_bits)


def test_a_declared_child_is_at_most_one_child(crowded):
    links = crowded.declared_child_links.to_pandas()
    assert links.groupby("declared_person_id").match_probability.sum().max() <= 1.01


def test_the_model_is_shares_and_counts_only(crowded):
    rates = crowded.model["rates"]
    assert set(rates) == {"parent", "step_parent", "relative"}
    assert set(rates["parent"]["listed_by_authority"]) == {"330"}
    assert crowded.model["converged"]


def test_one_date_in_a_record_makes_the_gap_possible():
    scene = crowd(families=120, seed=9).scene
    father = scene.offender("bartholomew", "penrose", "2014-11-03", "M", home(7), person="dad")
    scene.offender("bartholomew", "penrose", "1986-11-03", "M", home(7), person="dad",
                   source="probation")  # fmt: skip
    child = scene.child("zebedee", "penrose", "2015-03-09", "M", home(7))
    scene.records(child, "bartholomew", "penrose", "1986-11-03", "M", home=home(7))
    links = find_families(scene.tables(), as_of=AS_OF).family_links.to_pandas()
    link = links[
        (links.parent_id == scene.person(father)) & (links.child_id == scene.person(child))
    ]
    assert link.age_gap_years.iloc[0] == pytest.approx(28.35, abs=0.1)
    assert "impossible_age_gap" not in link.conflicts.iloc[0]


def test_bands_that_overlap_are_refused():
    with pytest.raises(ValidationError, match="must not decrease"):
        FamilySettings(match_probability=0.4)


def test_rates_that_have_not_settled_make_no_match_and_are_published():
    hasty = FamilySettings(max_iterations=1)
    found = find_families(crowd(families=60, seed=2).scene.tables(), hasty, date(2022, 1, 1))
    links = found.family_links.to_pandas()
    assert len(links)
    assert not (links.match_band == "match").any()
    assert links.conflicts.map(lambda codes: "model_in_doubt" in codes).any()
    assert any("no link is a match" in text for text in found.warnings)
    checks = found.checks.to_pandas().set_index(["measure", "group"])["value"]
    assert checks["settled", "rates"] == 0
    assert checks["settled", "nomination"] == 1


@dataclass(frozen=True)
class Stub:
    """A witness, as far as training looks at it."""

    trained: SimpleNamespace
    warnings: tuple[str, ...] = ()


def test_a_person_model_that_does_not_converge_gives_way_to_one_without_homes(monkeypatch):
    tried = []

    def train(left, right, spec, settings, least_bits):
        tried.append(spec.comparison_names)
        return Stub(SimpleNamespace(converged="postcode" not in spec.comparison_names))

    monkeypatch.setattr(witnesses, "_trained_witness", train)
    spec = LinkageSpec.from_toml(NOMINATION_SPEC)
    witness = witnesses.call_witness(None, None, spec, LinkageSettings(), 4.0)
    assert witness.trained.converged
    assert "homes are left out" in witness.warnings[0]
    assert "postcode" in tried[0]
    assert "postcode" not in tried[1]


@pytest.mark.parametrize(
    ("named", "recorded", "carrying"),
    [
        pytest.param(True, True, (BOTH_SPEAK, NAMED_ONLY, RECORDED_ONLY), id="all is well"),
        pytest.param(False, True, (BOTH_SPEAK, RECORDED_ONLY), id="names in doubt"),
        pytest.param(True, False, (BOTH_SPEAK, NAMED_ONLY), id="records in doubt"),
        pytest.param(False, False, (), id="both in doubt"),
    ],
)
def test_no_match_rests_on_a_model_in_doubt_alone(monkeypatch, named, recorded, carrying):
    monkeypatch.setattr(find, "has_settled", lambda witness: witness)
    sources = SimpleNamespace(nomination=named, listing=recorded)
    assert find.carrying_readings(sources, SimpleNamespace(converged=True)) == carrying
    assert find.carrying_readings(sources, SimpleNamespace(converged=False)) == ()
