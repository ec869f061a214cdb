"""Running the flow in tests, and what must never leave it."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

AS_OF = date(2026, 9, 30)
ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "config" / "demo.toml"


@dataclass(frozen=True)
class Ran:
    """A run of the flow and everything it let out.

    Attributes:
        out: the out folder.
        run: the published run.
        log: every log line, of any logger, from DEBUG on.
    """

    out: Path
    run: Path
    log: str


def run_flow(extracts: Path, out: Path, without: Sequence[str] = ()) -> Ran:
    """Run the flow as the command line does, with every log line kept."""
    from flows.find_children import find_children

    kept = io.StringIO()
    handler = logging.StreamHandler(kept)
    names = [
        "",
        "pipeline",
        "prefect",
        "prefect.flow_runs",
        "prefect.task_runs",
        "kinlink.progress",
    ]
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).addHandler(handler)
        logging.getLogger(name).setLevel(logging.DEBUG)
    try:
        run = find_children(
            config=str(CONFIG),
            out=str(out),
            as_of=AS_OF.isoformat(),
            extracts=str(extracts),
            without=list(without),
        )
    finally:
        for name in names:
            logging.getLogger(name).removeHandler(handler)
            logging.getLogger(name).setLevel(levels[name])
    return Ran(out, Path(run), kept.getvalue())


@dataclass(frozen=True)
class PersonalWords:
    """What the made-up extracts hold of people, in lower case.

    Attributes:
        names: single given names and surnames of four letters or more.
        details: full names, dates of birth, postcodes and official numbers.
    """

    names: frozenset[str]
    details: frozenset[str]


def personal_words(extracts: Path) -> PersonalWords:
    """Every name, date of birth, postcode and number that the extracts hold of anyone."""
    from pipeline.ingest import read_extracts
    from pipeline.settings.ingest import IngestSettings

    tables = read_extracts(IngestSettings(), extracts, AS_OF).tables
    names: set[str] = set()
    details: set[str] = set()
    for name in ("prison/prisoners", "prison/prisoner_contacts", "probation/offenders",
                 "probation/personal_contacts", "probation/assessed_children",
                 "childrens_services/children", "childrens_services/related_adults"):  # fmt: skip
        table = tables[name].to_pandas().astype("string").fillna("")
        full = (table["first_name"] + " " + table["last_name"]).str.lower()
        details |= set(full[(table["first_name"] != "") & (table["last_name"] != "")])
        names |= set(full.str.findall(r"[a-z]{4,}").explode().dropna())
        for column in ("date_of_birth", "postcode", "prisoner_number", "crn", "nhs_number"):
            if column in table:
                details |= {text.lower() for text in table[column] if len(text) > 5}
    # The date of the run is no secret, whoever was born on it.
    return PersonalWords(frozenset(names - own_words()), frozenset(details - {AS_OF.isoformat()}))


def own_words() -> set[str]:
    """Words that the program itself uses, which a person may happen to be named."""
    sources = [path for room in ("pipeline", "flows") for path in (ROOT / room).rglob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources).lower()
    return set(re.findall(r"[a-z]{4,}", text))
