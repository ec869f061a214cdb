"""How children's services know a child, and the coarse codes that analysts get."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest
from publication import DORA, changed, made_up_context, number_of, table

from pipeline.publish.cases import ethnic_group

EPISODES = (
    "authority_code person_id status start_date end_date primary_need_code assessment_factors"
)


def episode(
    status: str, start: date, end: date | None = None, code: str = "330"
) -> tuple[Any, ...]:
    person = {"330": "C1", "331": "K1"}[code]
    return (code, person, status, start, end, "N1", None)


@pytest.mark.parametrize(
    ("episodes", "status", "authority"),
    [
        ([episode("CIN", date(2026, 1, 1))], "CIN", "330"),
        ([episode("CIN", date(2026, 1, 1)), episode("CP", date(2026, 2, 1))], "CP", "330"),
        ([episode("EH", date(2026, 1, 1)), episode("CLA", date(2026, 1, 1), code="331")],
         "CLA", "331"),
        ([episode("CLA", date(2020, 1, 1), date(2021, 1, 1))], "closed", "330"),
        ([episode("CP", date(2020, 1, 1), date(2026, 9, 30)), episode("EH", date(2026, 1, 1))],
         "EH", "330"),
        ([episode("CP", date(2026, 10, 1))], "not known", "330"),
        ([episode("CIN", date(2026, 1, 1)), episode("CIN", date(2025, 1, 1), code="331")],
         "CIN", "330"),
    ],
    ids=[
        "open", "the higher status of two", "the higher status of two authorities", "all ended",
        "ended today is ended", "not begun", "a tie goes to the lower code",
    ],
)  # fmt: skip
def test_case_status(episodes: list[tuple[Any, ...]], status: str, authority: str) -> None:
    tables = {"childrens_services/episodes": table(EPISODES, *episodes)}
    context = changed(made_up_context(), **tables)
    main = context.main_authority.loc[number_of(context.tables, DORA)]
    assert (main["case_status"], main["authority_code"]) == (status, authority)
    assert main["authority_count"] == 2


def test_needs_are_those_of_open_episodes_of_any_authority() -> None:
    context = made_up_context()
    dora = context.main_authority.loc[number_of(context.tables, DORA)]
    assert dora["has_domestic_abuse_factor"]
    assert dora["has_young_carer_factor"]
    assert dora["has_substance_factor"]
    assert dora["has_abuse_or_neglect_need"]
    assert dora["has_absent_parenting_need"]
    assert not dora["has_mental_health_factor"]


@pytest.mark.parametrize(
    ("code", "group"),
    [
        ("W1", "White"), ("WBRI", "White"), ("A3", "Asian"), ("CHNE", "Asian"), ("O1", "Asian"),
        ("B2", "Black"), ("mwbc", "Mixed"), ("O2", "Other"), ("OOTH", "Other"), ("NS", None),
        ("REFU", None), ("NOBT", None), ("MERGE", None), (None, None), ("White", None),
    ],
)  # fmt: skip
def test_ethnic_group_of_a_code(code: str | None, group: str | None) -> None:
    found = ethnic_group(pd.Series([code, "W1"]))[0]
    assert found == group or (group is None and pd.isna(found))
