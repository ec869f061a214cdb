"""The kinds of comparison: what each agreement level claims, and what a comparison starts from.

In: nothing. Out: `KINDS`, the table of comparison kinds that a specification names. It must not
know any data, nor how a level is computed (`agreement.py`).

Levels are counted from 0, which disagrees; a higher level agrees more. A null on either side is not
comparable and has no level (-1 in arrays). `swapped` levels of a given name stand above `exact`
because they speak of given name and surname together.

Source of levels and start values: docs/method.md,
"Persons: linking records without labels".
"""

from __future__ import annotations

from dataclasses import dataclass

NULL_LEVEL = -1
"""Level of a pair with a null on either side: not comparable."""


@dataclass(frozen=True)
class Household:
    """How often another person of the same household agrees on a field.

    Attributes:
        m_share: the household's level probabilities start at m_share·m + (1 - m_share)·u.
        prior_pairs: strength, in pairs, of the prior that holds h near (1 - slip)·u + slip·m.
        slip: share of other household members who agree as the same person would.
        is_capped: near or better levels may never exceed max(2·slip·m, 2·u); stops the classes
            from changing places.
        is_shared: a rare value agreed on (surname, address) speaks for the household as well.
    """

    m_share: float
    prior_pairs: float
    slip: float
    is_capped: bool
    is_shared: bool


def _own(slip: float) -> Household:
    """A field that is a person's own: another member of the household seldom shares it."""
    return Household(m_share=0.02, prior_pairs=100.0, slip=slip, is_capped=True, is_shared=False)


FAMILY = Household(m_share=0.7, prior_pairs=20.0, slip=0.0, is_capped=False, is_shared=True)
PLACE = Household(m_share=0.8, prior_pairs=20.0, slip=0.0, is_capped=False, is_shared=True)
UNRELATED = Household(m_share=0.0, prior_pairs=20.0, slip=0.0, is_capped=False, is_shared=False)

HOUSEHOLDS = {"own": _own(0.05), "shared": FAMILY, "place": PLACE, "unrelated": UNRELATED}
"""What a comparison with levels of the user's own may say of a household: a value of the person's
own, one shared in the family, where people live, or one that has nothing to do with either."""


@dataclass(frozen=True)
class Kind:
    """One kind of comparison.

    Attributes:
        name: as a specification writes it.
        domain: kinds of one domain share cleaning, dictionary and derived values.
        levels: the claim of each level, by level.
        m_start: starting P(level | same person), by level; sums to 1.
        exact_level: the level at which both values are equal.
        near_level: the lowest level that the same person's own slips usually reach.
        household: what another member of the household does.
        has_term_frequency: whether agreeing on a rare value says more than on a common one.
        is_place: says where a person lives; without one of these there is no household class.
        changes_with_moves: changes, together with others, when a person moves.
        is_exact_all_equal: whether every pair of equal values is at `exact_level`, and no other
            pair, so that value frequencies tell how often strangers reach it.
    """

    name: str
    domain: str
    levels: tuple[str, ...]
    m_start: tuple[float, ...]
    exact_level: int
    near_level: int
    household: Household
    has_term_frequency: bool = True
    is_place: bool = False
    changes_with_moves: bool = False
    is_exact_all_equal: bool = True

    @property
    def tied_group(self) -> str | None:
        """What goes together among strangers: names and what they tell; places."""
        if self.changes_with_moves:
            return "place"
        return "name" if self.domain in NAMED else None


NAMED = ("name", "sex", "email", "date")
"""Domains that go with names: a given name tells the sex and, by fashion, the years of birth, and
e-mail addresses are made of names."""

NAME_LEVELS = (
    "different",
    "same Soundex, or Jaro-Winkler at least .78, or two edits at length 5 or more",
    "Jaro-Winkler at least .85, or an initial agrees with the whole name",
    "nickname of the other, or a token shared",
    "Jaro-Winkler at least .93, or one edit at length 4 or more",
    "exactly equal",
)
SWAP_LEVELS = (
    "given name and surname swapped, each near or equal",
    "given name and surname swapped, one near and the other similar or missing",
)
FULL_NAME_LEVELS = (
    "different",
    "one token of two characters or more shared",
    "Jaro-Winkler at least .85, or two tokens shared",
    "all tokens of one found in the other, two at least",
    "Jaro-Winkler at least .93, or one edit",
    "same tokens in any order",
)
DATE_LEVELS = (
    "years differ by more than two",
    "years differ by one or two",
    "same year",
    "two digits differ or changed places",
    "one date is a year only, and agrees",
    "two of year, month and day agree",
    "one date has no day, and year and month agree",
    "one digit differs, neighbouring digits changed places, or day and month swapped",
    "exactly equal, to the day",
)
ADDRESS_LEVELS = (
    "less in common than below",
    "rarity-weighted token overlap at least .25",
    "rarity-weighted token overlap at least .5",
    "rarity-weighted token overlap at least .8",
    "exactly equal",
)
POSTCODE_LEVELS = (
    "different", "same outward code", "same sector", "one edit", "exactly equal",
)  # fmt: skip
EMAIL_LEVELS = (
    "different", "Jaro-Winkler at least .88", "same local part, or two edits", "exactly equal",
)  # fmt: skip

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("given_name", "name", NAME_LEVELS + SWAP_LEVELS,
             (.04, .02, .03, .04, .06, .80, .005, .005), 5, 3, _own(.01)),
        Kind("surname", "name", NAME_LEVELS, (.06, .02, .03, .03, .06, .80), 5, 3, FAMILY),
        Kind("middle_names", "name", NAME_LEVELS, (.06, .02, .03, .03, .06, .80), 5, 3, _own(.05)),
        Kind("full_name", "name", FULL_NAME_LEVELS, (.05, .03, .05, .07, .10, .70), 5, 3,
             _own(.01)),
        Kind("date_of_birth", "date", DATE_LEVELS,
             (.02, .01, .01, .01, .01, .02, .01, .06, .85), 8, 5, _own(.02)),
        Kind("sex", "sex", ("different", "equal"), (.03, .97), 1, 1, UNRELATED,
             has_term_frequency=False),
        Kind("address", "address", ADDRESS_LEVELS, (.25, .06, .07, .12, .50), 4, 3, PLACE,
             is_place=True, changes_with_moves=True),
        Kind("town", "town", ("different", "Jaro-Winkler at least .88", "exactly equal"),
             (.20, .10, .70), 2, 1, PLACE,
             changes_with_moves=True),
        Kind("postcode", "postcode", POSTCODE_LEVELS, (.20, .05, .03, .07, .65), 4, 3, PLACE,
             is_place=True, changes_with_moves=True),
        Kind("phone", "phone", ("different", "one edit", "exactly equal"), (.25, .05, .70), 2, 1,
             PLACE),
        Kind("email", "email", EMAIL_LEVELS, (.10, .03, .07, .80), 3, 2, _own(.05)),
        Kind("exact", "exact", ("different", "equal"), (.10, .90), 1, 1, _own(.05)),
        Kind("text", "text", ("different", "equal to the letter"), (.10, .90), 1, 1, _own(.05)),
        Kind("identifier", "identifier", ("conflict", "agree"), (.02, .98), 1, 1, _own(.01)),
    )
}  # fmt: skip
"""Every kind of comparison by name. `identifier`: an official number; absence says nothing. `text`:
compared as given, capitals and punctuation included. Kinds with levels of the user's own are in
`ladders`."""
