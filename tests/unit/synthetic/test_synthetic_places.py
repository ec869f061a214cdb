"""The made-up geography."""

from __future__ import annotations

import re

import numpy as np
import pytest

from pipeline.errors import SettingsError
from pipeline.settings.synthetic import load_synthetic_settings
from pipeline.synthetic.draws import within
from pipeline.synthetic.places import DWELLINGS, Geography, build_geography, distances_km

POSTCODE = re.compile(r"[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][ABD-HJLNP-UW-Z]{2}")


@pytest.fixture(scope="module")
def geography() -> Geography:
    settings = load_synthetic_settings()
    return build_geography(
        np.random.default_rng(1), settings.scale("demo"), settings.places, households=6_000
    )


def test_every_postcode_is_well_formed_and_there_once(geography: Geography) -> None:
    directory = geography.directory()
    assert directory["postcode"].is_unique
    assert directory["postcode"].str.fullmatch(POSTCODE).all()
    assert set(directory["authority_code"]) == {"330", "331", "332", "333", "334", "335", "336"}


def test_homes_lie_in_the_authority_asked_for(geography: Geography) -> None:
    rng = np.random.default_rng(2)
    authority = rng.integers(0, 7, 2_000).astype(np.int32)
    dwelling = geography.settle(rng, authority)
    assert (geography.authority_of(dwelling) == authority).all()


def test_movers_leave_their_authority(geography: Geography) -> None:
    authority = np.repeat(np.arange(7, dtype=np.int32), 300)
    assert (geography.move_to(np.random.default_rng(3), authority) != authority).all()


def test_neighbours_share_postcode_and_street(geography: Geography) -> None:
    dwelling = np.arange(5 * DWELLINGS, 5 * DWELLINGS + 2, dtype=np.int32)
    one, two = geography.address_of(dwelling, np.array([False, False]))
    assert one != two
    assert one.split(" ")[-3:] == two.split(" ")[-3:]
    assert len(set(geography.postcode_of(dwelling))) == 1


def test_a_short_address_abbreviates_the_street_and_leaves_the_town_out(
    geography: Geography,
) -> None:
    dwelling = np.array([7, 7], dtype=np.int32)
    whole, short = geography.address_of(dwelling, np.array([False, True]))
    assert ", " in whole
    assert len(short) < len(whole)


def test_no_dwelling_has_no_address(geography: Geography) -> None:
    none = np.array([-1], dtype=np.int32)
    assert geography.address_of(none, np.array([False])).tolist() == [None]
    assert geography.postcode_of(none).tolist() == [None]


def test_a_degree_north_is_about_111_km() -> None:
    points = np.array([[52.0, -1.0]])
    assert distances_km(points, np.array([[53.0, -1.0]]))[0, 0] == pytest.approx(111.2)


def test_an_authority_that_does_not_exist_is_refused() -> None:
    settings = load_synthetic_settings()
    scale = settings.scale("demo").model_copy(update={"authority_codes": ("330", "199")})
    with pytest.raises(SettingsError, match="199"):
        build_geography(np.random.default_rng(1), scale, settings.places, 100)


def test_places_within_equal_owners_count_from_nought() -> None:
    assert within(np.array(["a", "a", "b", "c", "c", "c"])).tolist() == [0, 1, 0, 0, 1, 2]
    assert within(np.array([])).tolist() == []
