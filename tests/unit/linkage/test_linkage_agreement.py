"""The compiled levels are what their words say, on thousands of random values."""

from __future__ import annotations

import jellyfish
import numpy as np
import pyarrow as pa
from nicknames import NickNamer

from pipeline.linkage.comparing.compare import compare_pairs, layout_of, unpack
from pipeline.linkage.encoding.encode import encode
from pipeline.linkage.spec import Comparison, LinkageSpec

SHORT_FOR = NickNamer.default_lookup()
N = 3000


def levels(kind: str, left: list[str], right: list[str]) -> list[int]:
    """Levels of left[i] against right[i]."""
    spec = LinkageSpec((Comparison("x", kind, "x"),), ())
    ids = np.arange(len(left))
    tables = [pa.table({"record_id": ids, "x": side}) for side in (left, right)]
    encoded = encode(*tables, spec, is_selective=False)
    layout = layout_of(spec)
    same = ids.astype(np.int32)
    return unpack(compare_pairs(encoded, same, same, layout), layout)[:, 0].tolist()


def groups(name: str) -> set[str]:
    """The full names that a name may stand for."""
    own = {name} if name in SHORT_FOR else set()
    return own | {full for full, shorts in SHORT_FOR.items() if name in shorts}


def name_level(a: str, b: str) -> int:
    """NAME_LEVELS in plain Python, without bounds or shortcuts."""
    a, b = sorted((a, b))
    if a == b:
        return 5
    similarity = jellyfish.jaro_winkler_similarity(a, b)
    edits = jellyfish.damerau_levenshtein_distance(a, b)
    shorter = min(len(a), len(b))
    shared = {token for token in a.split() if len(token) > 1} & set(b.split())
    if similarity >= 0.93 or (edits <= 1 and shorter >= 4):
        return 4
    if shared or groups(a) & groups(b):
        return 3
    if similarity >= 0.85 or (shorter == 1 and a[0] == b[0]):
        return 2
    sounds = [jellyfish.soundex(text.replace(" ", "")) for text in (a, b)]
    if similarity >= 0.78 or sounds[0] == sounds[1] or (edits <= 2 and shorter >= 5):
        return 1
    return 0


def misspelt(name: str, random: np.random.Generator) -> str:
    """A name with up to three random slips."""
    letters = list(name)
    for _ in range(random.integers(0, 4)):
        at = int(random.integers(0, len(letters)))
        slip = random.integers(0, 4)
        if slip == 0:
            letters[at] = random.choice(list("aeinrst "))
        elif slip == 1:
            letters.insert(at, random.choice(list("aeinrst")))
        elif slip == 2 and len(letters) > 1:
            del letters[at]
        elif at + 1 < len(letters):
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
    text = " ".join("".join(letters).split())
    return text or name


def test_name_levels_are_what_their_words_say() -> None:
    random = np.random.default_rng(1)
    pool = [*sorted(SHORT_FOR)[::3], "mary ann", "li", "o", "van der berg", "smith jones"]
    left = [str(name) for name in random.choice(pool, N)]
    near = [misspelt(name, random) for name in left[: N // 2]]
    short = [max(SHORT_FOR.get(name, {name})) for name in left[N // 2 : 3 * N // 4]]
    right = near + short + [str(name) for name in random.choice(pool, N - len(near) - len(short))]
    found = levels("surname", left, right)
    expected = [name_level(a, b) for a, b in zip(left, right, strict=True)]
    assert found == expected
    assert set(found) == {0, 1, 2, 3, 4, 5}


def date_level(a: str, b: str) -> int:
    """DATE_LEVELS in plain Python for dates known to the day."""
    if a == b:
        return 8
    digits = [text.replace("-", "") for text in (a, b)]
    edits = fewest_edits(*digits)
    parts = [text.split("-") for text in (a, b)]
    is_swap = parts[0][0] == parts[1][0] and parts[0][1:] == parts[1][:0:-1]
    same = sum(x == y for x, y in zip(*parts, strict=True))
    years = abs(int(parts[0][0]) - int(parts[1][0]))
    tests = [edits == 1 or is_swap, same == 2, edits == 2, years == 0, years <= 2]
    return next((level for level, holds in zip((7, 5, 3, 2, 1), tests, strict=True) if holds), 0)


def fewest_edits(a: str, b: str) -> int:
    """Digits that differ, neighbours that changed places once."""
    if not a:
        return 0
    fewest = int(a[-1] != b[-1]) + fewest_edits(a[:-1], b[:-1])
    if len(a) > 1 and a[-2:] == b[:-3:-1] and a[-1] != b[-1]:
        fewest = min(fewest, 1 + fewest_edits(a[:-2], b[:-2]))
    return fewest


def test_date_levels_are_what_their_words_say() -> None:
    random = np.random.default_rng(2)

    def dates(n: int) -> list[str]:
        parts = random.choice([1, 2, 11, 12, 21, 22], (n, 2))
        years = random.choice([1989, 1998, 1999, 2001, 2010, 2011], n)
        return [f"{year}-{m:02d}-{d:02d}" for year, (m, d) in zip(years, parts, strict=True)]

    left, right = dates(N), dates(N)
    found = levels("date_of_birth", left, right)
    assert found == [date_level(a, b) for a, b in zip(left, right, strict=True)]
    assert {0, 1, 2, 3, 5, 7, 8} == set(found)
