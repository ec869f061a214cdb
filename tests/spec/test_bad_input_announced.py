"""What was announced and is not there, and files that are another source's: both are broken."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from extract_files import (
    CHILD,
    OTHER_PRISONER,
    PRISONER,
    column,
    csv_text,
    plain_tables,
    read,
    write_parquet,
    write_tables,
)

from pipeline.contracts.inputs import AGENCIES, INPUTS
from pipeline.errors import ExtractError

AUTHORITIES = Path("childrens_services")
ONE, OTHER = AUTHORITIES / "330", AUTHORITIES / "331"


def folder_is_a_link(root: Path) -> str:
    shutil.rmtree(root / OTHER)
    (root / OTHER).symlink_to(root / ONE)
    return "the folder of source 'childrens_services/331' is a link"


def folder_is_a_link_to_nowhere(root: Path) -> str:
    shutil.rmtree(root / OTHER)
    (root / OTHER).symlink_to(root / "gone")
    return "the folder of source 'childrens_services/331' is a link"


def all_authorities_are_behind_a_link(root: Path) -> str:
    (root / AUTHORITIES).rename(root.parent / "elsewhere")
    (root / AUTHORITIES).symlink_to(root.parent / "elsewhere")
    return "the folder of source 'childrens_services/331' is a link, or lies behind one"


def file_is_a_link_to_anothers(root: Path) -> str:
    (root / OTHER / "children.csv").unlink()
    (root / OTHER / "children.csv").symlink_to(root / ONE / "children.csv")
    return "'childrens_services/331' holds 1 links that lead out of it or nowhere (children.csv)"


def file_is_a_link_to_nowhere(root: Path) -> str:
    (root / OTHER / "episodes.csv").symlink_to(root / OTHER / "gone.csv")
    return "'childrens_services/331' holds 1 links that lead out of it or nowhere (episodes.csv)"


def part_is_a_link_to_anothers(root: Path) -> str:
    (root / OTHER / "children.csv").unlink()
    write_parquet(root / OTHER / "children" / "part-0.parquet", [CHILD])
    write_parquet(root / ONE / "stray.parquet", [CHILD])
    (root / OTHER / "children" / "part-1.parquet").symlink_to(root / ONE / "stray.parquet")
    return "'childrens_services/331' holds 1 links that lead out of it or nowhere (children/part-1"


def named_file_is_a_link_to_anothers(root: Path) -> str:
    (root / "drop").mkdir()
    (root / "drop" / "kids.csv").symlink_to(root / ONE / "children.csv")
    (root / "sources.toml").write_text(
        '[sources."childrens_services/331"]\ntables.children.path = "drop/kids.csv"\n'
    )
    return "source 'childrens_services/331', table 'children': "


LINKS = [
    folder_is_a_link,
    folder_is_a_link_to_nowhere,
    all_authorities_are_behind_a_link,
    file_is_a_link_to_anothers,
    file_is_a_link_to_nowhere,
    part_is_a_link_to_anothers,
    named_file_is_a_link_to_anothers,
]


@pytest.mark.parametrize("damage", LINKS, ids=lambda damage: damage.__name__)
def test_sources_do_not_leave_their_folder(damage: Callable[[Path], str], tmp_path: Path) -> None:
    root = write_tables(tmp_path / "extracts", plain_tables())
    reason = damage(root)
    with pytest.raises(ExtractError) as caught:
        read(root)
    assert reason in str(caught.value)


def test_links_within_a_folder_and_to_all_extracts_are_followed(tmp_path: Path) -> None:
    root = write_tables(tmp_path / "extracts", plain_tables())
    (root / OTHER / "children.csv").rename(root / OTHER / "2026-09.csv")
    (root / OTHER / "children.csv").symlink_to("2026-09.csv")
    (tmp_path / "latest").symlink_to(root)
    found = read(tmp_path / "latest")
    assert column(found, "childrens_services/children", "authority_code") == ["330", "331"]


def test_folder_that_the_settings_name_may_be_a_link(tmp_path: Path) -> None:
    root = write_tables(tmp_path / "extracts", plain_tables())
    (root / OTHER).rename(tmp_path / "delivered")
    (tmp_path / "latest").symlink_to(tmp_path / "delivered")
    (root / "sources.toml").write_text(
        f'[sources."childrens_services/331"]\nfolder = "{tmp_path / "latest"}"\n'
    )
    found = read(root)
    assert column(found, "childrens_services/children", "authority_code") == ["330", "331"]


def test_no_two_sources_read_one_file(tmp_path: Path) -> None:
    root = write_tables(tmp_path / "extracts", plain_tables())
    (root / "sources.toml").write_text('[sources.childrens_services]\nfolder = "all"\n')
    write_tables(root, {"all/children": [CHILD]})
    with pytest.raises(ExtractError, match=r"read by 2 sources \(childrens_services/330, child"):
        read(root)


def test_hidden_folder_is_no_authority(tmp_path: Path) -> None:
    root = write_tables(tmp_path / "extracts", plain_tables())
    (root / AUTHORITIES / ".snapshot").mkdir()
    assert read(root).left_out == ()


def manifest(root: Path, **tables: dict[str, int]) -> None:
    (root / "prison" / "manifest.json").write_text(json.dumps({"tables": tables}))


def test_table_that_a_manifest_announces_must_be_there(tmp_path: Path) -> None:
    root = write_tables(tmp_path, plain_tables())
    manifest(root, prisoners={"rows": 2}, visits={"rows": 90}, visit_visitors={"rows": 120})
    with pytest.raises(ExtractError, match=r"2 tables that nobody .*\(visit_visitors, visits\)"):
        read(root)


def test_manifest_of_a_file_announces_the_file(tmp_path: Path) -> None:
    root = write_tables(tmp_path, plain_tables())
    (root / "prison" / "visits.csv.manifest.json").write_text('{"rows": 90}')
    with pytest.raises(ExtractError, match=r"1 tables that nobody delivered \(visits.csv\)"):
        read(root)


def test_manifest_may_announce_files_that_are_not_read(tmp_path: Path) -> None:
    root = write_tables(tmp_path, plain_tables())
    (root / "prison" / "officers.csv").write_text("a\n1\n")
    manifest(root, prisoners={"rows": 2}, officers={"rows": 1})
    assert read(root).tables["prison/prisoners"].num_rows == 2


def parts(root: Path, *names: str) -> None:
    (root / "prison" / "prisoners.csv").unlink()
    for name, row in zip(names, [PRISONER, OTHER_PRISONER], strict=True):
        write_parquet(root / "prison" / "prisoners" / name, [row])


def test_part_that_the_others_announce_must_be_there(tmp_path: Path) -> None:
    root = write_tables(tmp_path, plain_tables())
    parts(root, "part-00000.parquet", "part-00002.parquet")
    with pytest.raises(ExtractError, match="holds 2 parts, and their numbers announce 3"):
        read(root)
    manifest(root, prisoners={"rows": 2})
    assert read(root).tables["prison/prisoners"].num_rows == 2


def test_last_part_is_announced_where_parts_say_of_how_many(tmp_path: Path) -> None:
    root = write_tables(tmp_path, plain_tables())
    parts(root, "part-1-of-3.parquet", "part-2-of-3.parquet")
    with pytest.raises(ExtractError, match="their numbers announce 3"):
        read(root)


@pytest.mark.parametrize("name", ["part-1.parquet.filepart", "_temporary/0/part-1.parquet"])
def test_unfinished_part_is_no_part(name: str, tmp_path: Path) -> None:
    root = write_tables(tmp_path, plain_tables())
    parts(root, "part-0.parquet", name)
    (root / "prison" / "prisoners" / "_SUCCESS").touch()
    with pytest.raises(ExtractError, match="holds 1 files that are no finished Parquet"):
        read(root)


TABLES = sorted(name for name in INPUTS if name.partition("/")[0] in AGENCIES)


@pytest.mark.parametrize("table", TABLES)
def test_two_stray_quotation_marks_lose_no_rows_unseen(table: str, tmp_path: Path) -> None:
    contract = INPUTS[table]
    rows: list[dict[str, Any]] = [
        {name: f"{name[0]}{number}" for name in contract.column_names} for number in range(6)
    ]
    for name in contract.column_names:
        marked = [
            {**row, name: f'"{row[name]}'} if number in (1, 4) else row
            for number, row in enumerate(rows)
        ]
        text = csv_text(rows).splitlines()[0] + "\n"
        text += "".join(",".join(row.values()) + "\n" for row in marked)
        folder = table.replace("childrens_services", "childrens_services/330")
        path = write_tables(tmp_path, plain_tables()) / f"{folder}.csv"
        path.write_text(text)
        with pytest.raises(ExtractError, match="line 3: a quotation opens that closes in a later"):
            read(tmp_path)
        path.unlink()


def test_value_with_line_breaks_is_one_value(tmp_path: Path) -> None:
    tables = plain_tables()
    tables["prison/prisoner_addresses"] = [
        {
            "prisoner_number": "A1001AA",
            "address": "1 High St,\nLeeds",
            "postcode": "LS1 1AA",
            "usage": "HOME",
        }
    ]
    found = read(write_tables(tmp_path, tables))
    assert column(found, "prison/prisoner_addresses", "address") == ["1 High St,\nLeeds"]


def test_manifest_tells_line_breaks_from_rows_where_nothing_else_can(tmp_path: Path) -> None:
    root = write_tables(tmp_path, plain_tables())
    text = 'prisoner_number,usage,address\nA1001AA,HOME,"1 High St, Hunslet, Leeds\nYorkshire"\n'
    (root / "prison" / "prisoner_addresses.csv").write_text(text)
    with pytest.raises(ExtractError, match="line 2: a quotation opens"):
        read(root)
    (root / "prison" / "prisoner_addresses.csv.manifest.json").write_text('{"rows": 1}')
    assert read(root).tables["prison/prisoner_addresses"].num_rows == 1
