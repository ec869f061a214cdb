"""Specifications: what can be written, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import SpecError
from pipeline.linkage.comparing.agreement import KERNEL_OF_KIND
from pipeline.linkage.comparisons import KINDS
from pipeline.linkage.person_spec import default_person_spec, person_spec
from pipeline.linkage.spec import BlockingRule, KeyPart, LinkageSpec, parse_rule

TOML = """
id_column = "key"

[[comparison]]
name = "given_name"
kind = "given_name"
column = "forenames"
swap_with = "surname"

[[comparison]]
name = "surname"
kind = "surname"
column = "surname"

[[field]]
column = "birth"
kind = "date_of_birth"

[[blocking_rule]]
key = "surname.soundex + birth.year"

[[blocking_rule]]
keys = ["birth", "birth + {forenames, surname}.initial"]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "spec.toml"
    path.write_text(text)
    return path


def test_every_kind_is_complete() -> None:
    assert set(KERNEL_OF_KIND) == set(KINDS)
    for kind in KINDS.values():
        assert len(kind.levels) == len(kind.m_start)
        assert sum(kind.m_start) == pytest.approx(1.0)
        assert kind.m_start[kind.exact_level] == max(kind.m_start)
        assert 0 < kind.near_level <= kind.exact_level


def test_toml_reads_as_written(tmp_path: Path) -> None:
    spec = LinkageSpec.from_toml(write(tmp_path, TOML))
    assert spec.id_column == "key"
    assert spec.comparison_names == ("given_name", "surname")
    assert [field.column for field in spec.fields] == ["birth", "forenames", "surname"]
    required, narrowing = spec.rule_families
    assert required.is_required
    assert not narrowing.is_required
    assert required.rules[0].parts == (
        KeyPart(("surname",), "soundex"),
        KeyPart(("birth",), "year"),
    )
    assert narrowing.rules[1].parts[1] == KeyPart(("forenames", "surname"), "initial")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("id_column", "identity"), "unknown keys"),
        (('kind = "surname"', 'kind = "sirname"'), "not one of"),
        (("surname.soundex", "surname.sound"), "transform"),
        (("surname.soundex + birth.year", "surname + postcode"), "reads columns"),
        (('swap_with = "surname"', 'swap_with = "family_name"'), "no comparison is named"),
        (('key = "', 'keys = ["birth"]\nkey = "'), "either 'key' or 'keys'"),
        (('column = "forenames"', ""), "needs 'column'"),
        (("[[field]]", "[[field"), "cannot be read"),
        (("[[field]]", '[[field]]\ncolumn = "surname"\nkind = "sex"\n\n[[field]]'), "two kinds"),
    ],
)
def test_a_wrong_specification_is_refused(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    assert change[0] in TOML
    with pytest.raises(SpecError, match=message):
        LinkageSpec.from_toml(write(tmp_path, TOML.replace(*change)))


def test_a_missing_file_is_a_spec_error(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="cannot be read"):
        LinkageSpec.from_toml(tmp_path / "nowhere.toml")


def test_default_person_spec_uses_what_is_there() -> None:
    spec = default_person_spec(["record_id", "surname", "colour", "postcode"], exact=["colour"])
    assert spec.comparison_names == ("surname", "postcode", "colour")
    names = [family.name for family in spec.rule_families]
    assert names == ["colour", "postcode", "postcode + surname.initial"]
    assert [rule.name for rule in spec.rule_families[1].rules] == ["postcode"]
    with pytest.raises(SpecError, match="no column to compare"):
        default_person_spec(["record_id", "colour"])


def test_roles_may_have_other_names_and_be_left_out() -> None:
    spec = person_spec(
        {"given_name": "given_names", "surname": "surnames", "date_of_birth": "dates_of_birth"},
        identifiers=["number"],
    )
    assert spec.comparison("given_name").column == "given_names"
    assert spec.comparison("number").kind == "identifier"
    rules = [rule.name for family in spec.rule_families for rule in family.rules]
    assert rules[0] == "number"
    assert "dates_of_birth + {given_names, surnames}.initial" in rules
    assert not any("postcode" in rule or "town" in rule for rule in rules)
    with pytest.raises(SpecError, match="unknown roles"):
        person_spec({"forename": "given_name"})


def test_a_rule_fixes_every_comparison_it_reads() -> None:
    spec = default_person_spec(["given_name", "surname", "date_of_birth", "sex"])
    rule = parse_rule("surname.soundex + date_of_birth.year")
    assert rule.fixed_comparisons(spec) == ("surname", "date_of_birth")
    assert isinstance(rule, BlockingRule)


def test_without_a_surname_there_is_no_swap() -> None:
    spec = default_person_spec(["given_name", "surname", "date_of_birth"])
    assert len(spec.comparison("given_name").levels) == 8
    reduced = spec.without(["surname"])
    given = reduced.comparison("given_name")
    assert given.swap_with is None
    assert len(given.levels) == len(given.m_start) == 6
    assert sum(given.m_start) == pytest.approx(1.0)
    assert all("surname" not in r.name for f in reduced.rule_families for r in f.rules)
