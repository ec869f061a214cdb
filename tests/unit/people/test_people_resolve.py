import logging

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from people_scene import AS_OF, GIVEN, SURNAMES, Scene, person_of

from pipeline.contracts.people import (
    DECISIONS,
    GUARDS,
    ID_PREFIXES,
    PERSON_LINKS,
    PERSONS,
    REGISTRY,
    REGISTRY_LEDGER,
)
from pipeline.contracts.stages import MENTION_PERSONS, MENTIONS, RELATIONSHIP_TABLE
from pipeline.people import PeopleInputs, resolve_people
from pipeline.settings.people import PeopleSettings

TABLES = {
    "mention_persons": MENTION_PERSONS,
    "person_links": PERSON_LINKS,
    "persons": PERSONS,
    "registry": REGISTRY,
    "registry_ledger": REGISTRY_LEDGER,
}
HOME = ("5 quiet road", "B1 1AA")


@pytest.fixture(scope="module")
def scene():
    scene = Scene()
    scene.crowd(120)
    return scene


@pytest.fixture(scope="module")
def people(scene):
    return scene.resolve()


def test_every_table_keeps_its_contract(people):
    for name, contract in TABLES.items():
        table = getattr(people, name)
        assert table.schema.equals(contract.to_arrow()), name
        assert table.equals(contract.conform(table)), name


def test_every_mention_is_one_person_of_a_kind(scene, people):
    table = people.mention_persons
    assert table["mention_id"].to_pylist() == list(range(len(scene.mentions)))
    for person_id, kind in zip(
        table["person_id"].to_pylist(), table["kind"].to_pylist(), strict=True
    ):
        assert person_id.startswith(ID_PREFIXES[kind])
    assert set(table["person_id"].to_pylist()) == set(people.persons["person_id"].to_pylist())
    assert pc.sum(people.persons["cluster_size"]).as_py() == len(scene.mentions)


def test_a_link_says_why(people):
    row = people.person_links.filter(pc.equal(people.person_links["decision"], "link")).slice(0, 1)
    (link,) = row.to_pylist()
    assert link["blocking_rules"]
    names = [part["comparison"] for part in link["comparisons"]]
    assert {"given_name", "surname", "date_of_birth"} <= set(names)
    assert all(part["level"] >= 0 for part in link["comparisons"])
    assert link["match_probability"] == pytest.approx(
        1 / (1 + 2 ** -link["match_weight_bits"]), abs=1e-9
    )
    assert link["override"] is None


def test_pairs_have_known_decisions_and_guards(people):
    assert set(people.person_links["decision"].unique().to_pylist()) <= set(DECISIONS)
    guards = set(pc.list_flatten(people.person_links["guard"]).unique().to_pylist())
    assert guards <= set(GUARDS)


def test_linked_pairs_and_persons_say_the_same(scene, people):
    persons = person_of(people)
    key = {(row["source"], row["table"], row["record_id"]): persons[row["mention_id"]]
           for row in scene.mentions}  # fmt: skip
    for link in people.person_links.to_pylist():
        sides = [tuple(link[f"{name}_{side}"] for name in ("source", "table", "record_id"))
                 for side in "lr"]  # fmt: skip
        assert (key[sides[0]] == key[sides[1]]) is (link["decision"] == "link")


def test_confidence_is_that_of_the_link(people):
    sizes = people.persons["cluster_size"].to_numpy()
    confidence = people.persons["cluster_confidence"].to_numpy()
    assert np.isnan(confidence[sizes == 1]).all()
    assert (confidence[sizes > 1] >= PeopleSettings().offender.fracture_probability).all()


def test_the_order_of_rows_changes_nothing(scene, people):
    mentions, relationships = scene.tables
    rng = np.random.default_rng(3)
    shuffled = mentions.take(pa.array(rng.permutation(mentions.num_rows)))
    related = relationships.take(pa.array(rng.permutation(relationships.num_rows)))
    again = resolve_people(PeopleInputs(shuffled, related, AS_OF), PeopleSettings(), None, "run-1")
    for name in TABLES:
        assert getattr(again, name).equals(getattr(people, name)), name


def test_a_second_run_keeps_every_id_and_says_nothing(scene, people):
    again = scene.resolve(previous=people.registry, run_id="run-2")
    assert again.mention_persons.equals(people.mention_persons)
    assert again.registry.equals(people.registry)
    assert again.registry_ledger.num_rows == 0


def test_nothing_personal_is_logged(scene, caplog):
    with caplog.at_level(logging.DEBUG):
        scene.resolve()
    assert caplog.text
    for name in (*GIVEN, *SURNAMES):
        assert name not in caplog.text


def test_models_are_given_back_with_the_day_they_were_made_for(people):
    assert set(people.models) == {"offender", "child", "related_adult", "declared_child"}
    assert {model.provenance.trained_on for model in people.models.values()} == {"2026-03-31"}


def test_nobody():
    inputs = PeopleInputs(MENTIONS.empty(), RELATIONSHIP_TABLE.empty(), AS_OF)
    people = resolve_people(inputs, PeopleSettings(), None, "run-1")
    assert {name: getattr(people, name).num_rows for name in TABLES} == dict.fromkeys(TABLES, 0)
    assert people.models == {}


def test_one_record():
    scene = Scene()
    scene.offender("prison", "john", "ash", "1980-01-02")
    people = scene.resolve()
    assert people.persons["cluster_size"].to_pylist() == [1]
    assert people.person_links.num_rows == 0


def test_five_records_are_enough():
    scene = Scene()
    first = scene.offender("prison", "john", "ash", "1980-01-02", sex="M", home=HOME)
    same = scene.offender("probation", "john", "ash", "1980-01-02", sex="M", home=HOME)
    other = scene.offender("probation", "mary", "oak", "1991-11-12", sex="F")
    scene.declared(first, "prisoner_contacts", "ada", "ash", "2015-03-04")
    scene.declared(same, "assessed_children", "ada", "ash", "2015-03-04")
    people = scene.resolve()
    persons = person_of(people)
    assert persons[first] == persons[same] != persons[other]
    assert persons[3] == persons[4]
    assert people.warnings


def test_two_records_that_agree_on_everything():
    scene = Scene()
    for source in ("prison", "probation"):
        scene.offender(source, "john", "ash", "1980-01-02", sex="M", home=HOME)
    assert len(set(person_of(scene.resolve()).values())) == 1


def test_records_without_any_value():
    scene = Scene()
    for _ in range(3):
        scene.offender("prison", None, None)
    assert len(set(person_of(scene.resolve()).values())) == 3


def test_visitors_become_children_or_others():
    scene = Scene()
    scene.crowd(40)
    owner = scene.offender("prison", "john", "ash", "1980-01-02")
    young = scene.declared(owner, "visit_visitors", "eva", "ash", "2019-01-01")
    grown = scene.declared(owner, "visit_visitors", "leo", "ash", "1982-01-01")
    kinds = scene.resolve().mention_persons["kind"].to_pylist()
    assert (kinds[young], kinds[grown]) == ("declared_child", "declared_other")
