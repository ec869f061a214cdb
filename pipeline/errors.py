"""Every exception that Kinlink raises on purpose.

    KinlinkError
    ├── SettingsError        a configuration file or option is wrong
    ├── ExtractError         an extract cannot be read or does not keep its contract
    │   └── UnreachableError  a source does not answer now; trying again may help
    ├── ContractError        a table between two stages does not keep its contract
    ├── LinkageError         a linkage specification or its data cannot be used
    │   ├── SpecError        the specification itself is wrong
    │   ├── PairBudgetError  a blocking rule would make too many pairs
    │   └── TrainingError    a model did not converge, or a level was never trained
    ├── StoreError           a run folder cannot be written, checked or published
    └── EvaluationError      a run and its truth cannot be compared

A message says what is wrong, in which file, table and column, how many rows, the first few record
ids, and what to do. It never holds a name, a date of birth, an address or a blocking key.
"""

from __future__ import annotations

import traceback
from pathlib import Path


class KinlinkError(Exception):
    """Anything that Kinlink refuses on purpose; the command line prints it without a traceback."""


class SettingsError(KinlinkError):
    """A configuration file, or an option, is missing or wrong."""


class ExtractError(KinlinkError):
    """An extract cannot be read, or does not keep its contract."""


class UnreachableError(ExtractError):
    """A source does not answer now; trying again may help."""


class ContractError(KinlinkError):
    """A table handed from one stage to another does not keep its contract."""


class LinkageError(KinlinkError):
    """A linkage specification, or the data given to it, cannot be used."""


class SpecError(LinkageError):
    """A linkage specification is wrong in itself or names columns that are not there."""


class PairBudgetError(LinkageError):
    """A blocking rule would make more pairs than the budget allows."""


class TrainingError(LinkageError):
    """A model did not converge, or has a level that no data trained."""


class StoreError(KinlinkError):
    """A run folder cannot be written, checked or published."""


class EvaluationError(KinlinkError):
    """A run and its truth cannot be compared."""


class Stopped(BaseException):
    """A signal asked this process to end. No error: nothing that handles errors may catch it.

    Attributes:
        signal_number: which signal.
    """

    def __init__(self, signal_number: int) -> None:
        super().__init__("stopped")
        self.signal_number = signal_number


def withheld(error: BaseException) -> str:
    """What an unexpected error may say: its kind and place, never its message.

    The message of an error that nobody raised on purpose may quote the data.
    """
    stack = traceback.extract_tb(error.__traceback__)
    frames = [frame for frame in stack if "site-packages" not in frame.filename]
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown place"
    return (
        f"unexpected {type(error).__name__} at {place}; this is a defect of Kinlink, please report "
        "it. Its message is withheld because it may quote personal data; KINLINK_DEBUG=1 shows it."
    )
