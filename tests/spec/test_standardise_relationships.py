"""What sources write of a relationship, and what it is taken to mean."""

from __future__ import annotations

import pytest

from pipeline.contracts.prison import PRISON_RELATIONSHIP_CODES
from pipeline.contracts.stages import RELATIONSHIPS
from pipeline.standardise.relationships import (
    coded_kin,
    read_kin,
)

PRISON_CODES = {
    "SON": ("child", "M"), "DAU": ("child", "F"), "SSON": ("step_child", "M"),
    "SDAU": ("step_child", "F"), "GSON": ("grandchild", "M"), "GDAU": ("grandchild", "F"),
    "NEP": ("other_child", "M"), "NIE": ("other_child", "F"), "MOT": ("parent", "F"),
    "SFA": ("step_parent", "M"), "GMOT": ("grandparent", "F"), "GUA": ("carer", None),
    "CLW": ("partner", "F"), "HBRO": ("sibling", "M"), "UN": ("other", "M"),
    "SWO": ("other", None), "OTHER": ("unknown", None),
}  # fmt: skip

FREE_TEXT = {
    "Father": "parent",
    "son": "child",
    "step son": "step_child",
    "Step-Daughter": "step_child",
    "dughter": "child",
    "duaghter": "child",
    "dauther": "child",
    "grandaughter": "grandchild",
    "my little boy": "child",
    "son (aged 4)": "child",
    "unborn child": "child",
    "adopted son": "child",
    "twin daughter": "child",
    "great grandson": "grandchild",
    "foster son": "other_child",
    "godson": "other_child",
    "foster mother": "carer",
    "GP (secondary)": "other",
    "next of kin - mother": "parent",
    "girl friend": "partner",
    "Ex-partner": "partner",
    "baby brother": "sibling",
    "half sister": "sibling",
    "family friend": "other",
    "children's social worker": "other",
    "childrens social worker": "other",
    "other": "other",
    "daughter in law": "other",
    "mother-in-law": "other",
    "partner's daughter": "step_child",
    "partners son": "step_child",
    "daughter of girlfriend": "step_child",
    "brother's son": "other_child",
    "son's mother": "partner",
    "sons mum": "partner",
    "baby mother": "partner",
    "mother of my kids": "partner",
    "son's girlfriend": "other",
    "mum's boyfriend": "step_parent",
    "son lives with nan": "child",
    "not recorded": "unknown",
    "rather fond": "unknown",
    "sun": "unknown",
    "her sno": "child",
    "Ann": "unknown",
    "dependant": "other_child",
    "step_child": "step_child",
}


@pytest.mark.parametrize("code", PRISON_CODES)
def test_prison_code(code: str) -> None:
    kin = coded_kin(code)
    assert (kin.kind, kin.sex) == PRISON_CODES[code]


def test_every_prison_code_but_other_is_known() -> None:
    unknown = {code for code in PRISON_RELATIONSHIP_CODES if coded_kin(code).kind == "unknown"}
    assert unknown == {"OTHER"}


@pytest.mark.parametrize("text", FREE_TEXT)
def test_free_text(text: str) -> None:
    assert read_kin(text).kind == FREE_TEXT[text]


@pytest.mark.parametrize("word", RELATIONSHIPS)
def test_a_word_of_the_vocabulary_stays_as_it_is(word: str) -> None:
    assert read_kin(word).kind == word
