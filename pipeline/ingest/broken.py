"""Sources that a run expects, and what follows when one cannot be used: held, or left out aloud.

In: the places, the choice made for this run, what the last run had, and what failed. Out: the
sources to read; those left out; or a refusal. A list from which a source is missing looks like one
from which nothing is missing, so a source is left out by choice alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from pipeline.contracts.intake import LEFT_OUT_REASONS
from pipeline.errors import ExtractError, SettingsError, UnreachableError
from pipeline.ingest.files import real, shown
from pipeline.ingest.ingested import LastRun, LeftOut
from pipeline.ingest.locate import Source
from pipeline.ingest.places import Places, in_order, source_names

Failures = Mapping[str, ExtractError]
"""Why each source that could not be used could not."""


def expected_sources(where: Places, without: Collection[str], last: LastRun) -> list[str]:
    """The sources of this run: configured, in the folder, or there last time.

    Raises:
        SettingsError: a source to do without is none of them.
    """
    every = in_order({*source_names(where), *last.sources})
    unknown = sorted(set(without) - set(every))
    if unknown:
        raise SettingsError(
            f"--without names {', '.join(unknown)}, which this run does not read; its sources are: "
            f"{', '.join(every) or 'none'}"
        )
    return every


def left_out_by_choice(without: Collection[str]) -> list[LeftOut]:
    """The sources that the user does without."""
    reason = LEFT_OUT_REASONS["chosen"]
    return [LeftOut(name, "chosen", f"{name}: {reason}") for name in set(without)]


def left_out_as_broken(failures: Failures, where: Places) -> list[LeftOut]:
    """The sources that failed, where the settings say of each to go on without it.

    Raises:
        ExtractError: they do not say so of one of them; with the reason of every one that failed.
        UnreachableError: the same, where one did not answer: trying again may help.
    """
    held = [name for name in in_order(failures) if where.source(name).when_broken == "hold"]
    if held:
        is_passing = any(isinstance(failures[name], UnreachableError) for name in held)
        raise (UnreachableError if is_passing else ExtractError)(
            f"nothing is published, because these sources cannot be used:{reasons(failures)}\n"
            "mend them, or leave them out of this run by "
            + " ".join(f"--without {name}" for name in held)
            + ": manifest, `quality` and every list then say so"
        )
    return [LeftOut(name, "broken", f"{name}: {failures[name]}") for name in failures]


def shared_files(sources: Iterable[Source]) -> dict[str, ExtractError]:
    """Sources that would read another source's file: one authority's children as another's."""
    readers: dict[str, set[str]] = {}
    for source in sources:
        for at in source.tables:
            if at.url is not None:
                readers.setdefault(real(at.url), set()).add(source.name)
    return {
        name: ExtractError(
            f"'{shown(url)}' is read by {len(names)} sources ({', '.join(in_order(names))}); give "
            "each its own `folder` or `path`, with {code} where one setting is for every authority"
        )
        for url, names in readers.items()
        if len(names) > 1
        for name in names
    }


def refuse_unlinkable(usable: Collection[str], failures: Failures) -> None:
    """Stop where nothing could be linked.

    Raises:
        ExtractError: with the reason of every source that failed.
    """
    if not {"prison", "probation"} & set(usable):
        missing = "neither prison nor probation"
    elif not any(name.startswith("childrens_services/") for name in usable):
        missing = "no authority"
    else:
        return
    raise ExtractError(
        f"{missing} has an extract that can be used{reasons(failures) or '; none is there'}"
    )


def reasons(failures: Failures) -> str:
    """A line for each source that failed."""
    return "".join(f"\n  {name}: {failures[name]}" for name in in_order(failures))
