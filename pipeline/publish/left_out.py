"""What a reader is told of sources that a run did without: a list from which they are missing looks
whole.

In: the run's facts and what was staged. Out: a note for each recipient's folder, and a sentence for
the data package. It names sources and reasons, never a file or a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pipeline.contracts.intake import LEFT_OUT_REASONS

NOTE_FILE = "READ_ME_FIRST.txt"
AUTHORITY = "childrens_services/"

SHORTER = """\
This list is not complete.

It was made without:
{sources}
Children and parents who are in no other source are missing from it. That somebody is not on this
list, or no longer on it, says nothing about them. The next complete run replaces this list.
"""

ABSENT = """\
There is no list in this run.

The extract of this authority was not used:
{sources}
That there is no list says nothing about any child. The list of the last complete run still stands.
"""


def notes(left_out: Mapping[str, str], recipients: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The note of every list, and of every authority that has none because it was left out.

    Args:
        left_out: reason by source, of LEFT_OUT_REASONS.
        recipients: codes of the authorities that have a list.

    Yields:
        Recipient and text; nothing where no source was left out.
    """
    if not left_out:
        return
    sources = "".join(f"  {line}\n" for line in in_words(left_out))
    for code in sorted(recipients):
        yield code, SHORTER.format(sources=sources)
    for name in sorted(left_out):
        if name.startswith(AUTHORITY):
            yield name.removeprefix(AUTHORITY), ABSENT.format(sources=sources)


def in_words(left_out: Mapping[str, str]) -> Sequence[str]:
    """A line for each source: which, and why."""
    return [f"{name}: {LEFT_OUT_REASONS[left_out[name]]}" for name in sorted(left_out)]
