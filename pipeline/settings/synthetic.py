"""Settings of the made-up agencies: every rate of `config/synthetic.toml`.

In: the TOML file. Out: one frozen `SyntheticSettings`. No field has a default here, so that no rate
is written twice: the file holds the numbers, and says of each whether it is sourced or assumed.
"""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError

from pipeline.errors import SettingsError
from pipeline.settings.model import SettingsModel
from pipeline.settings.places import SHIPPED_CONFIG

DEFAULT_FILE = SHIPPED_CONFIG / "synthetic.toml"


def rate(description: str) -> Any:
    """A share between 0 and 1."""
    return Field(ge=0, le=1, description=description)


def mean(description: str, at_most: float = 100) -> Any:
    """An average of something counted or measured."""
    return Field(ge=0, le=at_most, description=description)


def _sums_to_one(shares: dict[str, float]) -> dict[str, float]:
    if not shares or min(shares.values()) < 0 or abs(sum(shares.values()) - 1) > 1e-6:
        raise ValueError("shares must not be negative and must sum to 1")
    return shares


Shares = Annotated[dict[str, float], AfterValidator(_sums_to_one)]
"""A distribution over named categories; the shares sum to 1."""


class Scale(SettingsModel):
    """How many people the made-up agencies hold."""

    prisoners: int = Field(ge=10, le=1_000_000, description="People in prison within the year.")
    probationers: int = Field(ge=10, le=1_000_000, description="People known to probation.")
    children: int = Field(ge=10, le=3_000_000, description="Children known to children's services.")
    authority_codes: tuple[str, ...] = Field(
        description="Authorities by DfE code; empty means every authority of the reference table."
    )


class Culture(SettingsModel):
    """One name culture: how common it is and how its names behave in English records."""

    share: float = rate("Share of families.")
    noise: float = Field(ge=0, le=5, description="Name errors, as a multiple of the overall rates.")
    spelling_varies: float = rate("Share of recorded names in another transliteration.")
    tokens_reordered: float = rate("Share of records with family and given name exchanged.")
    surname_missing: float = rate("Share of records that hold no usable surname.")
    is_patronymic: float = rate("Share of children whose surname is their father's given name.")
    spouses_share_surname: float = rate("Share of married couples with one surname.")
    ethnicity_codes: Shares = Field(description="Ethnicity codes of the justice agencies.")


class FamilySettings(SettingsModel):
    """The true population: families, and who in them has offended."""

    parents_among_offenders: float = rate("Share of offenders who are parents in any sense.")
    parents_by_step_only: float = rate("Share of those who are step-parents and no more.")
    women_in_prison: float = rate("Share of women among people in prison.")
    women_on_probation: float = rate("Share of women among people on probation only.")
    prisoners_on_probation: float = rate("Share of people in prison whom probation also knows.")
    both_parents_offend: float = rate("Share of offenders' families where the other parent does.")
    children_per_parent: Shares = Field(description="Number of children of a parent, '1' to '5'.")
    second_family: float = rate("Share of fathers of several with children by two mothers.")
    half_siblings: float = rate("Share of families where the mother has children by another man.")
    twins: float = rate("Share of births that are twins.")
    spacing_years: float = mean("Mean years between siblings.", 20)
    mother_age_at_first_birth: float = Field(ge=14, le=45, description="Mean age in years.")
    mother_age_spread: float = Field(gt=0, le=15, description="Standard deviation in years.")
    father_older_by: float = Field(ge=-10, le=20, description="Mean years father over mother.")
    adult_children: float = rate("Share of families with a further child who is grown up.")
    unborn: float = rate("Share of families known to children's services expecting a child.")
    father_lives_with_children: float = rate("Fathers who offend living at the children's home.")
    mother_lives_with_children: float = rate("Mothers who offend living at the children's home.")
    father_left_home: float = rate("Fathers living apart whose last home was the children's.")
    apart_in_another_authority: float = rate("Fathers apart, and kin, in another authority.")
    other_father_lives_with_children: float = rate("The same for fathers who do not offend.")
    children_with_father: float = rate(
        "Share living with the father, of children not living with their mother."
    )
    step_partner: float = rate("Share of mothers living with another man, the father being away.")
    kin_per_family: float = mean("Mean number of other adults around a family.", 10)
    kin_kinds: Shares = Field(description="What those adults are to the child.")
    surname_differs_father: float = rate("Children with another surname than their father.")
    surname_differs_mother: float = rate("Children with another surname than their mother.")
    surname_double_barrelled: float = rate("Children with both surnames.")
    named_after_parent: float = rate("Eldest sons, or daughters, with the parent's given name.")
    middle_name: float = rate("People with a middle name.")
    middle_name_from_parent: float = rate("Of those, children with the parent's given name there.")
    same_culture_couple: float = rate("Couples of one name culture.")
    english_given_name: float = rate("Children of other cultures given an English given name.")
    previous_surname: float = rate("Women once known by another surname.")
    known_to_services: float = rate("Offenders' families known to children's services.")
    sibling_known: float = rate("Children known, where their family is.")
    adopted: float = rate("Children known to services who were adopted.")
    protected: float = rate("Households under protection arrangements.")


class PlaceSettings(SettingsModel):
    """The made-up geography and how people move in it."""

    households_per_postcode: float = Field(gt=0, le=100, description="Mean made-up households.")
    crowding: float = Field(gt=0, le=20, description="Gamma shape; lower crowds sectors more.")
    sectors_straddling: float = rate("Share of postcode sectors in more than one authority.")
    straddling_postcodes: float = rate("Share of those sectors' postcodes in the lesser authority.")
    moves_per_year: float = mean("Household moves a year within an authority.", 5)
    moves_across_per_year: float = mean("Household moves a year to another authority.", 5)
    years_of_history: float = Field(gt=0, le=20, description="Years of moves that are made up.")
    distance_scale_km: float = Field(gt=0, le=500, description="How fast moves fall with distance.")
    flats: float = rate("Share of addresses that are flats.")


class RecordingSettings(SettingsModel):
    """Errors every agency makes; shares between two records of one person are marked so."""

    name_fuzzy: float = rate("Names alike but not equal, between two records of one person.")
    name_fuzzy_nickname: float = rate("Of those, the given name being a short form.")
    name_swapped: float = rate("Given name and surname exchanged, between two records.")
    name_by_alias: float = rate("Equal only through an alias, between two records.")
    name_other: float = rate("Names not alike at all, between two records.")
    middle_name_dropped: float = rate("Middle names left out of a record.")
    middle_name_wrong: float = rate("Middle names of a record that are wrong or misspelt.")
    date_of_birth_edit: float = rate("One-edit date error, between two records.")
    date_of_birth_day_month: float = rate("Of those, day and month exchanged.")
    date_of_birth_by_alias: float = rate("Dates equal only through an alias, between two records.")
    date_of_birth_gross: float = rate("Dates up to five years off, between two records.")
    date_of_birth_first_january: float = rate("Recorded as 1 January of the year.")
    date_of_birth_dummy: float = rate("Recorded as 1900-01-01 or 1970-01-01.")
    junk_name: float = rate("Names with migration junk, titles or remarks.")
    sex_wrong: float = rate("Sex recorded wrongly.")
    sex_missing: float = rate("Sex not recorded.")
    ethnicity_missing: float = rate("Ethnicity not stated.")
    postcode_typo: float = rate("Postcodes with one wrong character.")
    postcode_partial: float = rate("Postcodes of which only the outward part was written.")
    postcode_format: float = rate("Postcodes in lower case, unspaced or padded.")
    postcode_missing: float = rate("Addresses without a postcode.")
    address_stale: float = rate("Records that hold the address before the last move.")
    address_abbreviated: float = rate("Addresses with Road as Rd, and the like.")


class DeclaredSettings(SettingsModel):
    """How a declared child is written down, by any justice agency."""

    nickname: float = rate("Children declared by a short form of their name.")
    misspelt: float = rate("Given names of children misspelt.")
    surname_of_declarer: float = rate("Children of another surname written with the declarer's.")
    date_of_birth_present: float = rate("Declared children with a date of birth.")
    date_of_birth_edit: float = rate("Dates of birth one edit off.")
    date_of_birth_year: float = rate("Dates of birth a year off.")
    date_of_birth_first_january: float = rate("Dates of birth given as 1 January.")
    date_of_birth_partial: float = rate("Dates of birth of which only year, or month, is known.")
    relationship_wrong: float = rate("Relationship missing, wrong or OTHER.")
    step_as_own: float = rate("Step-children declared as son or daughter.")
    child_named: float = rate("Children named, where the source records any child.")
    forename_placeholder: float = rate("Children entered as BABY, UNKNOWN or an initial.")
    postcode_present: float = rate("Declared children with a postcode.")


class PrisonSettings(SettingsModel):
    """What prisons record and how often."""

    contacts_recorded: float = rate("Parents with any child among their contacts.")
    count_recorded: float = rate("Parents whose number of children is recorded.")
    recording_correlation: float = rate("Correlation of one parent's chances across sources.")
    count_of_non_parents: float = rate("Non-parents with a count recorded (0, none, ?).")
    count_disagrees: float = rate("Recorded counts that disagree with the truth.")
    count_free_text: float = rate("Counts written in words.")
    pnc_missing: float = rate("PNC number missing.")
    pnc_wrong: float = rate("PNC number belonging to nobody or with a wrong check letter.")
    cro_missing: float = rate("CRO number missing.")
    cro_dummy: float = rate("CRO number given as 000000/00Z.")
    aliases: float = rate("Prisoners with one alias or more.")
    further_alias: float = rate("Chance of each further alias.")
    alias_birth_date: float = rate("Aliases with another date of birth.")
    duplicates: float = rate("People with a second prisoner number.")
    no_address: float = rate("Prisoners with no address at all.")
    no_fixed_abode: float = rate("Prisoners of no fixed abode.")
    dummy_postcode: float = rate("Of those, with NF1 1NF or NF1 1FA as the postcode.")
    other_contacts: float = mean("Mean contacts who are not children.", 20)
    unrelated_children: float = rate("Prisoners with a nephew, niece or grandchild as contact.")
    contact_inactive: float = rate("Contacts no longer active.")
    child_restriction: float = rate("Declared children under a contact restriction.")
    visited: float = rate("Prisoners who had any social visit.")
    visits: float = mean("Mean visits in the year to those who had any.", 100)
    visitor_child: float = rate("Chance that a declared child came to a visit.")
    visitor_unlisted: float = rate("Visiting children entered without a contact record.")
    visit_attended: float = rate("Booked visits that happened.")
    alerts: float = rate("Prisoners with an alert about children.")
    in_custody_now: float = rate("Of people in prison in the year, in prison on the date.")
    transfers: float = mean("Mean transfers within the last stay.", 10)
    stay_months: float = Field(gt=0, le=240, description="Mean length of stay in months.")


class ProbationSettings(SettingsModel):
    """What probation records and how often."""

    prisoner_number_present: float = rate("Prisoner number held, for people once in prison.")
    pnc_missing: float = rate("PNC number missing.")
    pnc_wrong: float = rate("PNC number wrong.")
    cro_missing: float = rate("CRO number missing.")
    ni_number_present: float = rate("National Insurance number held.")
    aliases: float = rate("Offenders with an alias.")
    alias_birth_date: float = rate("Aliases with another date of birth.")
    duplicates: float = rate("People with a second CRN.")
    limited_access: float = rate("Records of limited access.")
    no_fixed_abode: float = rate("Offenders of no fixed abode.")
    excluded_addresses: float = rate("Offenders with an approved premises or rejected address.")
    dependants_flag: float = rate("Parents flagged as having dependants.")
    primary_carer_flag: float = rate("Of mothers so flagged, flagged as primary carer.")
    contacts_recorded: float = rate("Parents with any child among personal contacts.")
    relationship_misspelt: float = rate("Relationship words misspelt or in other words.")
    surname_missing: float = rate("Personal contacts without a surname.")
    assessed_recorded: float = rate("Parents with any child in a risk assessment.")
    assessed_birth_date: float = rate("Assessed children with a date of birth; else an age.")
    registrations: float = rate("Offenders with a registration about children.")
    other_contacts: float = mean("Mean personal contacts who are not children.", 20)


class ServicesSettings(SettingsModel):
    """What children's services record and how often."""

    statuses: Shares = Field(description="The child's highest status: EH, CIN, CP or CLA.")
    closed: float = rate("Children whose case is closed.")
    upn_missing: float = rate("School-age children without a UPN.")
    former_upn: float = rate("Pupils with a former UPN.")
    nhs_number_present: float = rate("NHS number held.")
    nhs_number_wrong: float = rate("NHS numbers with a wrong check digit.")
    baby_name: float = rate("Under-ones still called BABY.")
    surname_changed: float = rate("Children recorded under an earlier surname.")
    known_as: float = rate("Children recorded by a short form of their name.")
    date_of_birth_missing: float = rate("Children without a date of birth.")
    date_of_birth_fifteenth: float = rate("Children's dates with the day unknown, written 15th.")
    date_of_birth_edit: float = rate("Children's dates of birth one edit off.")
    duplicates: float = rate("Children with a second record in one authority.")
    adult_duplicates: float = rate("Adults with a second record in one authority.")
    two_authorities: float = rate("Children with records in two authorities.")
    adoption_unflagged: float = rate("Adopted children's later record not marked adopted.")
    mother_listed: float = rate("Mothers recorded with a known child.")
    father_at_home_listed: float = rate("Fathers who live with the child recorded.")
    father_away_listed: float = rate("Fathers who live elsewhere recorded.")
    step_parent_listed: float = rate("Resident step-parents recorded.")
    step_as_parent: float = rate("Step-parents recorded as a parent.")
    parent_as_other: float = rate("Parents recorded by another or an unclear relationship.")
    kin_listed: float = rate("Other adults around the family recorded.")
    siblings_listed: float = rate("Pairs of known siblings recorded as such.")
    adult_date_of_birth_missing_mother: float = rate("Mothers without a date of birth.")
    adult_date_of_birth_missing: float = rate("Other adults without a date of birth.")
    adult_given_name_only: float = rate("Fathers known by a given name only.")
    adult_address_present: float = rate("Related adults with an address.")
    postcode_wrong: float = rate("Homes with a neighbouring or otherwise wrong postcode.")
    confidential: float = rate("Homes marked confidential, refuges among them.")
    restricted_pairs: float = rate("Known pairs of parent and child with ended relationship.")
    deaths: float = rate("Children who have died.")


def _shares_of_cultures_sum_to_one(cultures: dict[str, Culture]) -> dict[str, Culture]:
    _sums_to_one({name: culture.share for name, culture in cultures.items()})
    return cultures


class SyntheticSettings(SettingsModel):
    """Everything that decides what the made-up agencies hold, but for the seed."""

    as_of: date = Field(description="The date that the extracts were cut at.")
    salt: str = Field(min_length=8, description="Salt of the protected persons' hashes.")
    scales: dict[str, Scale] = Field(description="Named sizes: demo, city, national.")
    cultures: Annotated[dict[str, Culture], AfterValidator(_shares_of_cultures_sum_to_one)] = Field(
        description="Name cultures, by the names of `pipeline.synthetic.name_pools`."
    )
    families: FamilySettings = Field(description="The true population.")
    places: PlaceSettings = Field(description="The made-up geography.")
    recording: RecordingSettings = Field(description="Errors every agency makes.")
    declared: DeclaredSettings = Field(description="How declared children are written down.")
    prison: PrisonSettings = Field(description="What prisons record.")
    probation: ProbationSettings = Field(description="What probation records.")
    childrens_services: ServicesSettings = Field(description="What children's services record.")

    def scale(self, name: str) -> Scale:
        """The size of that name.

        Raises:
            SettingsError: no scale has that name.
        """
        if name not in self.scales:
            raise SettingsError(f"no scale '{name}'; use one of {', '.join(sorted(self.scales))}")
        return self.scales[name]


def load_synthetic_settings(path: Path = DEFAULT_FILE) -> SyntheticSettings:
    """The settings of the made-up agencies, read and checked.

    Raises:
        SettingsError: the file is missing, is not TOML, or holds an unknown key or a bad value.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return SyntheticSettings.model_validate(content)
    except FileNotFoundError:
        raise SettingsError(f"settings file '{path}' does not exist") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"settings file '{path}' is not TOML: {error}") from None
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()
        )
        raise SettingsError(f"settings file '{path}': {faults}") from None
