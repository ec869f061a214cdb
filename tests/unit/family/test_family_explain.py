"""The sentence of a link: what each witness said, the bits of each part, what spoke against."""

from datetime import date

import pytest
from family_scene import Scene, crowd, home

from pipeline.family import find_families


@pytest.fixture(scope="module", name="sentences")
def _sentences() -> dict[str, dict]:
    scene: Scene = crowd(families=250, seed=2).scene
    place = home(50_001)
    father = scene.offender("bartholomew", "penrose", "1986-11-03", "M", place)
    scene.declares(father, "zebedee", "penrose", "2015-03-09", "M")
    named = scene.child("zebedee", "penrose", "2015-03-09", "M", place)
    mother = scene.records(named, "ydra", "penrose", "1987-07-07", "F", home=place)
    brother = scene.child("omeros", "penrose", "2017-04-14", "M", place)
    scene.also_records(brother, mother)
    links = find_families(scene.tables(), as_of=date(2022, 1, 1)).family_links.to_pylist()
    by_pair = {(row["parent_id"], row["child_id"]): row for row in links}
    pairs = {"named": (father, named), "brother": (father, brother)}
    return {
        name: by_pair[scene.person(offender), scene.person(child)]
        for name, (offender, child) in pairs.items()
    }


def test_it_says_what_each_witness_said_and_the_bits_of_each_part(sentences):
    link = sentences["named"]
    text = link["explanation"]
    assert text.startswith(f"A parent with probability {link['match_probability']:.3f}: named to ")
    assert f"named to prison ({link['nomination_bits']:+.1f})" in text
    assert f"a parent of the other sex is ({link['listing_bits']:+.1f})" in text
    assert f"address and postcode shared ({link['place_bits']:+.1f})" in text
    assert f"28 years older ({link['age_gap_bits']:+.1f})" in text
    assert f"before any evidence ({link['prior_bits']:+.1f})" in text


def test_it_says_what_spoke_against(sentences):
    text = sentences["brother"]["explanation"]
    assert "other children are named, not this one" in text
    assert "Against it: declared children are others." in text
    assert text.endswith("A lead: a recorded sibling is linked.")


def test_it_says_nothing_against_where_nothing_is(sentences):
    assert "Against it" not in sentences["named"]["explanation"]


def test_no_name_or_date_is_in_it(sentences):
    for link in sentences.values():
        for secret in ("penrose", "zebedee", "omeros", "2015", "1986"):
            assert secret not in link["explanation"].lower()
