"""The made-up people's names: a lexicon, and weighted pools of it for each culture.

In: the Faker library's lists (`name_pools.py`). Out: a `NameBook`, in which every name is a code,
so that millions of people are drawn without a loop over people. It must not know any person.
"""

from __future__ import annotations

import importlib
import re
import unicodedata
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from nicknames import NickNamer

from pipeline.synthetic import name_pools
from pipeline.synthetic.draws import Array, Codes, Generator, either, weighted
from pipeline.synthetic.name_pools import CULTURE_LISTS, CultureLists, Lists

LISTS_IN_ORDER_OF_FREQUENCY = {"en_GB", "pl_PL", "vi_VN"}
ROLES = ("male", "female", "male_child", "female_child", "surname", "surname_female")


@dataclass(frozen=True)
class Pool:
    """Names to draw from, with their weights; both shape `(n_names,)`."""

    codes: Codes
    weights: Array

    def draw(self, rng: Generator, count: int) -> Codes:
        """Codes of `count` names, drawn by weight."""
        return self.codes[weighted(rng, self.weights, count)]


@dataclass(frozen=True)
class Alternatives:
    """For each name, the codes of its other forms; a name may have none."""

    starts: Codes
    counts: Codes
    codes: Codes

    def choose(self, rng: Generator, names: Codes) -> Codes:
        """One other form of each name, or the name itself where it has none; −1 stays −1."""
        known = np.maximum(names, 0)
        counts = self.counts[known]
        chosen = self.starts[known] + (rng.random(len(names)) * counts).astype(np.int32)
        found = (names >= 0) & (counts > 0)
        result = names.copy()
        result[found] = self.codes[chosen[found]]
        return result


@dataclass(frozen=True)
class NameBook:
    """Every name that any made-up person may bear.

    Attributes:
        text: the name of each code, with its diacritics.
        plain: the same in ASCII.
        pools: by culture and role; roles are ROLES.
        nicknames, respellings: other forms of a name.
        feminine: the form of each surname that a woman bears.
    """

    text: Array
    plain: Array
    pools: Mapping[tuple[str, str], Pool]
    nicknames: Alternatives
    respellings: Alternatives
    feminine: Codes

    def render(self, codes: Codes, is_plain: bool = True) -> Array:
        """The names of these codes, null for −1; object array of the same shape."""
        names = (self.plain if is_plain else self.text)[np.maximum(codes, 0)]
        return either(codes >= 0, names, None)


@lru_cache(maxsize=1)
def build_name_book() -> NameBook:
    """Gather the library's lists into one lexicon with weighted pools; the same every time."""
    lists = {
        (culture, role): _merge_lists(_lists_of(sources, role))
        for culture, sources in CULTURE_LISTS.items()
        for role in ROLES
    }
    nicknames = _nicknames({name for weights in lists.values() for name in weights})
    respellings = _respellings(lists)
    feminine = _feminine_forms(lists)
    forms = [*nicknames.values(), *respellings.values(), feminine.values()]
    names = {name for weights in lists.values() for name in weights}
    lexicon = sorted(names.union(*forms))
    code = {name: position for position, name in enumerate(lexicon)}
    return NameBook(
        text=np.array(lexicon, dtype=object),
        plain=np.array([fold(name) for name in lexicon], dtype=object),
        pools={key: _pool(weights, code) for key, weights in lists.items()},
        nicknames=_alternatives(nicknames, code),
        respellings=_alternatives(respellings, code),
        feminine=np.array([code[feminine.get(name, name)] for name in lexicon], dtype=np.int32),
    )


def fold(name: str) -> str:
    """The name in ASCII letters: diacritics dropped, as older systems keep names."""
    name = name.translate(str.maketrans("łŁđĐøØıə’ʻ", "lLdDoOie''"))
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()


def _lists_of(sources: CultureLists, role: str) -> Lists:
    own: Lists = getattr(sources, role)
    return own or getattr(sources, role.removesuffix("_child").removesuffix("_female"))


def _merge_lists(lists: Lists) -> dict[str, float]:
    """Names of several lists with their weights, each list counting by its share."""
    merged: dict[str, float] = {}
    for locale, attribute, share in lists:
        weights = _weights_of_list(locale, attribute)
        total = sum(weights.values())
        for name, weight in weights.items():
            merged[name] = merged.get(name, 0.0) + share * weight / total
    return merged


@cache
def _weights_of_list(locale: str, attribute: str) -> dict[str, float]:
    """Names of one list with the library's weights, or made-up ones where it has none."""
    if locale == "made-up":
        return _zipf(_hashed_order(_toponyms()), exponent=0.6)
    values = _library_list(locale, attribute)
    if isinstance(values, Mapping):
        weights: dict[str, float] = {}
        for name, weight in values.items():
            weights[tidy(name)] = weights.get(tidy(name), 0.0) + float(weight)
        return weights
    names = list(dict.fromkeys(tidy(name) for name in values))
    if locale in LISTS_IN_ORDER_OF_FREQUENCY:
        return _zipf(names, exponent=0.9)
    return _zipf(_hashed_order(names), exponent=0.9)


def _library_list(locale: str, attribute: str) -> Iterable[str]:
    provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
    values: Iterable[str] = getattr(provider, attribute)
    return values


def _toponyms() -> list[str]:
    return [
        beginning + ending
        for beginning in name_pools.TOPONYM_BEGINNINGS
        for ending in name_pools.TOPONYM_ENDINGS
        if beginning[-1] != ending[0]
    ]


def _hashed_order(names: list[str]) -> list[str]:
    """A fixed order that has nothing to do with the alphabet."""
    return sorted(names, key=lambda name: (zlib.crc32(name.encode()), name))


def _zipf(names: list[str], exponent: float) -> dict[str, float]:
    """Weights that fall with rank, so that some names are common and most are rare."""
    return {name: (rank + 3.0) ** -exponent for rank, name in enumerate(names)}


def tidy(name: str) -> str:
    """One name of a library list as a person would write it: romanised, hyphens of Chinese gone."""
    romanised = " ".join(romanise(part) for part in unicodedata.normalize("NFC", name).split())
    if romanised.isupper():
        romanised = romanised.replace("-", " ")
    return romanised.title().replace("'S", "'s") if not romanised[1:].islower() else romanised


def romanise(word: str) -> str:
    """A Bengali or Devanagari word in Latin letters; any other word as it is."""
    letters: list[str] = []
    for character in word:
        script, _, rest = unicodedata.name(character, "").partition(" ")
        if script not in name_pools.BENGALI_OR_DEVANAGARI:
            letters.append(character)
            continue
        kind, _, sound = rest.rpartition(" ")
        if kind == "VOWEL SIGN" or sound == "VIRAMA":
            if letters and _has_inherent_vowel(letters[-1]):
                letters[-1] = letters[-1][:-1]
            letters.append("" if sound == "VIRAMA" else _simple_sound(sound))
        elif sound in ("ANUSVARA", "CANDRABINDU"):
            letters.append("n")
        elif kind == "LETTER":
            letters.append(_simple_sound(sound))
    latin = "".join(letters)
    if latin == word:
        return word
    # A final short a is written by the script but not spoken.
    is_silent = len(latin) > 3 and _has_inherent_vowel(letters[-1])
    return (latin[:-1] if is_silent else latin).capitalize()


def _has_inherent_vowel(letter: str) -> bool:
    """Whether this is a consonant with the short a that these scripts leave unwritten."""
    return len(letter) > 1 and letter.endswith("a")


def _simple_sound(sound: str) -> str:
    return re.sub(r"([bcdghjklmnprstvyaiu])\1+", r"\1", sound.lower())


def _nicknames(names: set[str]) -> dict[str, list[str]]:
    namer = NickNamer()
    found = {name: sorted(namer.nicknames_of(name.lower())) for name in names}
    return {name: [form.title() for form in forms] for name, forms in found.items() if forms}


def _respellings(lists: Mapping[tuple[str, str], dict[str, float]]) -> dict[str, list[str]]:
    """Each name with one rule of its culture applied, for every rule that changes it."""
    found: dict[str, set[str]] = {}
    for (culture, _), weights in lists.items():
        rules = name_pools.RESPELLINGS.get(culture, ())
        for name in weights:
            forms = {name.lower().replace(old, new).title() for old, new in rules}
            found.setdefault(name, set()).update(form for form in forms if len(form) > 1)
    return {
        name: sorted(forms - {name, name.lower().title()})
        for name, forms in found.items()
        if forms - {name, name.lower().title()}
    }


def _feminine_forms(lists: Mapping[tuple[str, str], dict[str, float]]) -> dict[str, str]:
    return {
        name: name.removesuffix(masculine) + feminine
        for culture, endings in name_pools.FEMININE_ENDINGS.items()
        for name in lists[culture, "surname"]
        for masculine, feminine in endings
        if name.endswith(masculine)
    }


def _pool(weights: dict[str, float], code: dict[str, int]) -> Pool:
    names = sorted(weights)
    return Pool(
        codes=np.array([code[name] for name in names], dtype=np.int32),
        weights=np.array([weights[name] for name in names]),
    )


def _alternatives(forms: dict[str, list[str]], code: dict[str, int]) -> Alternatives:
    counts = np.array([len(forms.get(name, ())) for name in code], dtype=np.int32)
    return Alternatives(
        starts=(np.cumsum(counts) - counts).astype(np.int32),
        counts=counts,
        codes=np.array([code[form] for name in code for form in forms.get(name, ())], np.int32),
    )
