"""Which of the Faker library's name lists make up each name culture, and how names are respelt.

In: nothing. Out: for each culture its lists with their share, and spelling rules. No list of names
is kept here: they are the library's, drawn by weight. Lists in another script are romanised letter
by letter from the Unicode names of their characters.

A list without weights gets them from `names.py`; they make some names common and many rare, and are
no claim about the true frequency of any name.
"""

from __future__ import annotations

from dataclasses import dataclass

Lists = tuple[tuple[str, str, float], ...]
"""(Faker locale, attribute of its person provider, share of draws)."""


@dataclass(frozen=True)
class CultureLists:
    """The lists of one culture; a `_child` list serves people born in this century.

    Attributes:
        male_child, female_child: empty where children are named as adults are.
        has_middle_lists: middle names come from the given names unless a list is named.
    """

    male: Lists
    female: Lists
    surname: Lists
    male_child: Lists = ()
    female_child: Lists = ()
    surname_female: Lists = ()


TOPONYMS = ("made-up", "toponyms", 0.45)
"""Surnames composed of English place-name elements: the long tail that no list has."""

TOPONYM_BEGINNINGS = (
    "Ald Ash Barn Bart Beck Birch Black Brad Bram Brock Burn Cald Carl Chad Chat Clay Cole Crom "
    "Dal Dar Den Dun East Elm Ever Fair Fern Gar Glas Green Hal Ham Hart Has Hay Hazel Hes Hol "
    "Hor Ing Kel Kim King Lang Lin Long Mar Mel Mid Mil Nor Oak Ol Pem Pen Pres Red Ren Rock Roth "
    "Rush Sed Shel Ship Stan Staple Strat Sut Swin Tad Thorn Til Tun Up Wad Wal Wen West Whit Wil "
    "Win Wood Wor Wy"
).split()
TOPONYM_ENDINGS = (
    "bourne brook bury by cliffe combe cote den don field ford gate grave hall ham hurst land ley "
    "low man mere more pole port ridge sey shaw stead stock stone thorpe ton wall ward water well "
    "wick wood worth"
).split()

MUSLIM_WOMEN: Lists = (
    ("uz_UZ", "first_names_female", 0.55),
    ("bn_BD", "first_names_female_islamic", 0.30),
    ("ha_NG", "first_names_female", 0.15),
)

CULTURE_LISTS = {
    "british": CultureLists(
        male=(("en_GB", "first_names_male", 0.70), ("en_NZ", "first_names_male", 0.30)),
        female=(("en_GB", "first_names_female", 0.70), ("en_NZ", "first_names_female", 0.30)),
        male_child=(("en_NZ", "first_names_male", 0.55), ("en_IE", "first_names_male", 0.30),
                    ("en_GB", "first_names_male", 0.15)),
        female_child=(("en_NZ", "first_names_female", 0.55), ("en_IE", "first_names_female", 0.30),
                      ("en_GB", "first_names_female", 0.15)),
        # The weights of en_GB's 500 surnames sum to about 40% of the population.
        surname=(("en_GB", "last_names", 0.40), TOPONYMS, ("en_IE", "last_names", 0.10),
                 ("en_NZ", "last_names", 0.05)),
    ),
    "irish": CultureLists(
        male=(("en_IE", "first_names_male", 1.0),),
        female=(("en_IE", "first_names_female", 1.0),),
        surname=(("en_IE", "last_names", 1.0),),
    ),
    "polish": CultureLists(
        male=(("pl_PL", "first_names_male", 1.0),),
        female=(("pl_PL", "first_names_female", 1.0),),
        surname=(("pl_PL", "male_last_names", 0.45), ("pl_PL", "unisex_last_names", 0.55)),
    ),
    "romanian": CultureLists(
        male=(("ro_RO", "first_names_male", 1.0),),
        female=(("ro_RO", "first_names_female", 1.0),),
        surname=(("ro_RO", "last_names", 0.8), ("ro_RO", "first_names_male", 0.2)),
    ),
    "pakistani": CultureLists(
        male=(("en_PK", "first_names", 0.85), ("bn_BD", "first_names_male_islamic", 0.15)),
        female=MUSLIM_WOMEN,
        surname=(("en_PK", "last_names", 0.60), ("bn_BD", "last_names_islamic", 0.40)),
        surname_female=(("bn_BD", "last_names_female_islamic", 0.6), ("en_PK", "last_names", 0.4)),
    ),
    "bangladeshi": CultureLists(
        male=(("bn_BD", "first_names_male", 0.8), ("en_PK", "first_names", 0.2)),
        female=(("bn_BD", "first_names_female", 0.8), ("uz_UZ", "first_names_female", 0.2)),
        surname=(("bn_BD", "last_names_islamic", 0.8), ("bn_BD", "last_names_male", 0.2)),
        surname_female=(("bn_BD", "last_names_female_islamic", 1.0),),
    ),
    "indian": CultureLists(
        male=(("en_IN", "first_names_male", 0.8), ("hi_IN", "first_names_male", 0.2)),
        female=(("en_IN", "first_names_female", 0.8), ("hi_IN", "first_names_female", 0.2)),
        surname=(("en_IN", "last_names", 1.0),),
    ),
    "arabic": CultureLists(
        male=(("en_PK", "first_names", 0.7), ("ha_NG", "first_names_male", 0.3)),
        female=MUSLIM_WOMEN,
        surname=(("en_PK", "first_names", 0.6), ("ha_NG", "last_names", 0.4)),
    ),
    "west_african": CultureLists(
        male=(("yo_NG", "first_names_male", 0.35), ("tw_GH", "first_names_male", 0.30),
              ("ig_NG", "first_names_male", 0.20), ("en_NG", "first_names_male", 0.15)),
        female=(("yo_NG", "first_names_female", 0.35), ("tw_GH", "first_names_female", 0.30),
                ("ig_NG", "first_names_female", 0.20), ("en_NG", "first_names_female", 0.15)),
        surname=(("yo_NG", "last_names", 0.40), ("tw_GH", "last_names_male", 0.35),
                 ("ig_NG", "last_names", 0.15), ("en_NG", "last_names", 0.10)),
    ),
    "chinese": CultureLists(
        male=(("zh_TW", "first_romanized_names_male", 0.7),
              ("zh_CN", "first_romanized_names", 0.3)),
        female=(("zh_TW", "first_romanized_names_female", 0.7),
                ("zh_CN", "first_romanized_names", 0.3)),
        surname=(("zh_TW", "last_romanized_names", 0.7), ("zh_CN", "last_romanized_names", 0.3)),
    ),
    "vietnamese": CultureLists(
        male=(("vi_VN", "first_names_male", 0.75), ("vi_VN", "first_names_unisex", 0.25)),
        female=(("vi_VN", "first_names_female", 0.75), ("vi_VN", "first_names_unisex", 0.25)),
        surname=(("vi_VN", "last_names", 1.0),),
    ),
    "portuguese": CultureLists(
        male=(("pt_PT", "first_names_male", 1.0),),
        female=(("pt_PT", "first_names_female", 1.0),),
        surname=(("pt_PT", "last_names", 1.0),),
    ),
}  # fmt: skip

FEMININE_ENDINGS = {"polish": (("ski", "ska"), ("cki", "cka"), ("dzki", "dzka"))}
"""Surnames that change with sex."""

_MUSLIM_SPELLINGS = (
    ("oo", "u"), ("ee", "i"), ("aa", "a"), ("ou", "u"), ("ai", "ay"), ("q", "k"), ("kh", "k"),
    ("ss", "s"), ("mm", "m"), ("dd", "d"), ("y", "i"), ("u", "o"), ("ah", "a"), ("e", "i"),
)  # fmt: skip
_SOUTH_ASIAN_SPELLINGS = (
    ("aa", "a"), ("ee", "i"), ("sh", "s"), ("v", "w"), ("th", "t"), ("dh", "d"), ("ks", "x"),
    ("oo", "u"), ("h", ""), ("i", "ee"),
)  # fmt: skip
RESPELLINGS: dict[str, tuple[tuple[str, str], ...]] = {
    "irish": (("mac", "mc"), ("ei", "ie"), ("aoi", "ee"), ("bh", "v"), ("ough", "och")),
    "polish": (("w", "v"), ("cz", "ch"), ("sz", "sh"), ("ski", "sky"), ("ska", "skaya"),
               ("j", "y"), ("rz", "z")),
    "romanian": (("escu", "esco"), ("ț", "tz"), ("ș", "sh"), ("x", "cs"), ("c", "k")),
    "pakistani": _MUSLIM_SPELLINGS,
    "bangladeshi": (*_MUSLIM_SPELLINGS, ("h", "")),
    "arabic": (*_MUSLIM_SPELLINGS, ("j", "g"), ("al ", "el ")),
    "indian": _SOUTH_ASIAN_SPELLINGS,
    "west_african": (("ch", "tsh"), ("kw", "qu"), ("oo", "o"), ("ay", "ai"), ("dj", "j")),
    "chinese": (("hs", "x"), ("ts", "c"), ("ch", "zh"), ("ien", "ian"), ("ung", "ong"), (" ", ""),
                ("k", "g"), ("p", "b"), ("t", "d")),
    "vietnamese": (("ph", "f"), ("d", "z"), ("uy", "ui"), ("nh", "n"), ("y", "i")),
    "portuguese": (("lh", "li"), ("ç", "c"), ("ei", "e"), ("z", "s"), ("ou", "o")),
}  # fmt: skip
"""Other ways of writing a name in Latin letters: (letters, other letters)."""

BENGALI_OR_DEVANAGARI = ("BENGALI", "DEVANAGARI")
