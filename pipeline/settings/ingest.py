"""Where extracts are, how each supplier writes them, and what is done before anyone reads them.

In: the `[ingest]` table of a run's configuration, or a `sources.toml` beside a folder of extracts.
Out: frozen `IngestSettings`. It must not open any extract.

A folder of extracts is laid out

    prison/<table>.<ext>
    probation/<table>.<ext>
    childrens_services/<DfE authority code>/<table>.<ext>
    protected_persons.<ext>  postcode_directory.<ext>
    sources.toml                  optional: where a supplier's names or formats differ

Without `sources.toml` the contract's own table and column names, UTF-8, commas and ISO dates are
assumed. `sources.toml` has the same form as `[ingest]`. What is said of a table goes before what is
said of its source, which goes before the source's mapping file, which goes before `[default]`:

    [default]
    encoding = "utf-8"                          # a byte order mark is always allowed
    date_format = "%Y-%m-%d"

    [sources.prison]
    delimiter = "|"
    manifest = "prison/manifest.json"           # or <table file>.manifest.json, found by itself

    [sources.prison.tables.prisoners]
    path = "prison/offender_extract.csv.gz"     # starts at this file's folder; or any fsspec URL
    sha256 = "…"                                # instead of a manifest; also rows, cut_off
    columns = { prisoner_number = "OFFENDER_ID_DISPLAY", last_name = "LAST_NAME" }

    [sources."childrens_services/330"]
    mapping = "liquidlogic"                     # config/sources/liquidlogic.toml, or a path
    when_broken = "leave_out"                   # go on without it; a run is held unless said
    date_format = "%d/%m/%Y"

    [sources."childrens_services/331"]
    relationship_vocabulary = "mosaic"          # a shipped vocabulary …
    [sources."childrens_services/331".relationships]
    "Adoptive Mother" = "parent"                # … and words of this supplier's own

    [suppression]
    salt_file = "protected_persons.salt"        # or salt_variable, an environment variable

`columns` and `relationships` of the levels are merged; anything else is replaced. In
`relationships` a word says what the related person is to the person: `parent`, `child`,
`step_parent`, … A mapping file has the form of one source: its keys stand at the top, with no
`[sources.…]` around them.
"""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationError, field_validator, model_validator

from pipeline.contracts.stages import RELATIONSHIPS
from pipeline.errors import SettingsError
from pipeline.settings.model import SettingsModel
from pipeline.settings.places import MappingPlace, Place, starting_at

SOURCES_FILE = "sources.toml"

Model = TypeVar("Model", bound=SettingsModel)


class ReadingSettings(SettingsModel):
    """How an extract is written; a key left out falls back to the level above."""

    format: Literal["csv", "parquet", "database"] | None = Field(
        None, description="Form of the file; by its suffix unless given (a folder is Parquet)."
    )
    compression: Literal["gzip", "zip", "none"] | None = Field(
        None, description="Compression of a CSV file; by its suffix unless given."
    )
    encoding: str | None = Field(
        None, min_length=3, max_length=30,
        description="Encoding of CSV text (UTF-8 unless given), e.g. `cp1252`. A wrong one is an "
        "error, never a guess.",
    )  # fmt: skip
    delimiter: str | None = Field(
        None,
        min_length=1,
        max_length=1,
        description="Column separator of CSV; a comma unless given.",
    )
    date_format: str | None = Field(
        None, min_length=2, max_length=40,
        description="How dates are written, as for strptime (`%d/%m/%Y`); ISO dates, and a year or "
        "year and month alone, are read as well.",
    )  # fmt: skip
    columns: dict[str, str] = Field(
        default_factory=dict,
        description="The supplier's name of each column, by the contract's name; columns not "
        "named here are looked for under the contract's name.",
    )
    relationship_vocabulary: Literal["plain", "liquidlogic", "mosaic", "eclipse"] | None = Field(
        None, description="Which words the supplier uses for family relationships; `plain` (words "
        "such as Mother, Parent, Sibling) unless given.",
    )  # fmt: skip
    relationships: dict[str, str] = Field(
        default_factory=dict,
        description="Further relationship words of the supplier, each with what the related person "
        "is to the person.",
    )
    manifest: Place | None = Field(
        None, description="JSON file with rows, sha256 and cut_off of each table; checked."
    )
    cut_off: date | None = Field(None, description="Date the extract was taken.")
    connection_variable: str | None = Field(
        None, pattern=r"^[A-Z][A-Z0-9_]*$",
        description="Environment variable with the database's URL (format `database`); it holds a "
        "password, so it is never written in a file.",
    )  # fmt: skip

    @field_validator("relationships")
    @classmethod
    def known_relationships(cls, words: dict[str, str]) -> dict[str, str]:
        """A word mapped to something the product does not know would be lost in silence."""
        unknown = sorted(set(words.values()) - set(RELATIONSHIPS))
        if unknown:
            raise ValueError(f"unknown relationships {unknown}; known: {list(RELATIONSHIPS)}")
        return words

    def over(self, lower: ReadingSettings) -> ReadingSettings:
        """These settings, with the gaps filled from the level above."""
        values: dict[str, Any] = {}
        for name in ReadingSettings.model_fields:
            upper_value, lower_value = getattr(self, name), getattr(lower, name)
            if isinstance(upper_value, dict):
                values[name] = {**lower_value, **upper_value}
            else:
                values[name] = lower_value if upper_value is None else upper_value
        return ReadingSettings.model_validate(values)


class TableSource(ReadingSettings):
    """One table of one source."""

    path: Place | None = Field(
        None, description="File, folder of Parquet files, or fsspec URL; `{code}` stands for the "
        "authority. Found in the folder by the table's name unless given.",
    )  # fmt: skip
    query: str | None = Field(
        None, description="SELECT statement whose result is the table (format `database`)."
    )
    rows: int | None = Field(None, ge=0, description="Number of rows there must be.")
    sha256: str | None = Field(
        None, pattern=r"^[0-9a-fA-F]{64}$", description="Checksum that the file must have."
    )


class SourceSettings(ReadingSettings):
    """One source: prison, probation or one authority's children's services."""

    mapping: MappingPlace | None = Field(
        None, description="Mapping file of the supplier: a name in config/sources, or a path."
    )
    folder: Place | None = Field(
        None, description="Folder or fsspec URL that holds the source's tables; `{code}` stands "
        "for the authority. The layout above unless given.",
    )  # fmt: skip
    tables: dict[str, TableSource] = Field(
        default_factory=dict, description="What differs for single tables."
    )
    when_broken: Literal["hold", "leave_out"] = Field(
        "hold",
        description="What happens when the source cannot be read: nothing is published (`hold`), "
        "or the run goes on without it (`leave_out`), and manifest, `quality` and every list say "
        "so. `--without` leaves a source out of one run.",
    )


class SuppressionSettings(SettingsModel):
    """Where the salt of the protected persons' hashes is kept, never the salt itself.

    To say any of it announces a list of protected persons: without one nothing runs.
    """

    salt_variable: str = Field(
        "KINLINK_SUPPRESSION_SALT", pattern=r"^[A-Z][A-Z0-9_]*$",
        description="Environment variable that holds the salt; read where no file is named.",
    )  # fmt: skip
    salt_file: Place | None = Field(
        None, description="File that holds the salt, for its owner alone."
    )
    salt_check: str | None = Field(
        None,
        pattern=r"^[0-9a-fA-F]{64}$",
        description="HMAC-SHA256 (hex) of `check:salt` with the right salt: shows a wrong salt "
        "where the list has no check row.",
    )


NOT_ACTED_ON = ("judgements", "sharing_agreements")
"""Inputs that a later version will act on; to take one in and change nothing would be a promise."""


class OtherInputs(SettingsModel):
    """Inputs that belong to no agency; found by name in the folder of extracts unless given."""

    protected_persons: Place | None = Field(
        None, description="Hashes of the persons to remove before anything else reads the data."
    )
    postcode_directory: Place | None = Field(
        None, description="Your own copy of the ONS Postcode Directory, in the contract's columns."
    )

    @model_validator(mode="before")
    @classmethod
    def every_input_is_acted_on(cls, values: Any) -> Any:
        """An agreement that has lapsed must not seem to be heeded, nor a decision to be known."""
        given = [name for name in NOT_ACTED_ON if isinstance(values, dict) and name in values]
        if given:
            names = " and ".join(f"'{name}'" for name in given)
            raise ValueError(f"this version does not act on {names} yet: remove the key")
        return values


class IngestSettings(SettingsModel):
    """Where extracts are and how they are read: `[ingest]`, or `sources.toml`."""

    folder: Place | None = Field(
        None, description="Folder or fsspec URL of extracts, laid out as above; what `--extracts` "
        "replaces. Sources may instead name a folder or path each.",
    )  # fmt: skip
    default: ReadingSettings = Field(
        default=ReadingSettings.model_validate({}),
        description="How extracts are written unless said below.",
    )
    sources: dict[str, SourceSettings] = Field(
        default_factory=dict,
        description="By `prison`, `probation`, `childrens_services/<code>`, or "
        "`childrens_services` for every authority not named.",
    )
    suppression: SuppressionSettings = Field(
        default=SuppressionSettings.model_validate({}),
        description="How protected persons are recognised.",
    )
    other: OtherInputs = Field(
        default=OtherInputs.model_validate({}), description="Where the other inputs are."
    )
    largest_value_bytes: int = Field(
        100_000, ge=1_000, le=10_000_000,
        description="A row with a longer value is quarantined: it is damage, not data.",
    )  # fmt: skip
    largest_faulty_share: float = Field(
        0.5, ge=0.01, le=1.0,
        description="A table in which more than this share of the rows is wrong in the same way "
        "(from a hundred rows on) is not read: its mapping or format is wrong, not its rows.",
    )  # fmt: skip

    @field_validator("sources")
    @classmethod
    def known_sources(cls, sources: dict[str, SourceSettings]) -> dict[str, SourceSettings]:
        """A mistyped source would never be read."""
        for name in sources:
            kind, _, code = name.partition("/")
            is_plain = kind in ("prison", "probation", "childrens_services") and not code
            if not is_plain and not (kind == "childrens_services" and code.isalnum()):
                raise ValueError(
                    f"unknown source '{name}'; use prison, probation, childrens_services or "
                    "childrens_services/<DfE authority code>"
                )
        return sources


def read_sources(path: Path) -> IngestSettings:
    """The settings of a `sources.toml`.

    Raises:
        SettingsError: the file is absent, is not TOML, or has a key or value that is not allowed.
    """
    return read_toml(path, IngestSettings)


def read_toml(path: Path, model: type[Model]) -> Model:
    """A settings model from a TOML file, in which relative paths start at the file's folder.

    Raises:
        SettingsError: the file is absent, is not TOML, or has a key or value that is not allowed.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        return model.model_validate(values, context=starting_at(path.absolute().parent))
    except OSError as error:
        raise SettingsError(f"'{path}' cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"'{path}' is not valid TOML: {error}") from None
    except ValidationError as error:
        raise SettingsError(f"'{path}': {explain(error)}") from None


def explain(error: ValidationError) -> str:
    """A validation error as one line: each wrong key, and what is wrong with it."""
    return "; ".join(
        f"{'.'.join(str(part) for part in problem['loc']) or 'file'}: {problem['msg']}"
        for problem in error.errors(include_input=False, include_url=False)
    )
