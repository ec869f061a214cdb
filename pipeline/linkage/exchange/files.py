"""Exchange files: a model of another program read, or a model written for one.

In: paths. Out: files. It must not hold any translation of its own.
"""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.errors import SpecError
from pipeline.linkage.exchange.splink import splink_model
from pipeline.linkage.exchange.splink_export import splink_settings
from pipeline.linkage.model import TrainedModel
from pipeline.linkage.table_files import check_output, check_replaces_nothing, write_text

ENDINGS = (".json",)


def import_splink(settings: Path, out: Path) -> TrainedModel:
    """Read the settings of a trained Splink model and write them as a model.

    Raises:
        SpecError: The file is no JSON, or holds what cannot be carried over exactly.
        LinkageError: The output cannot be written, or is the file that is read.
    """
    check_output(out, ENDINGS)
    check_replaces_nothing((out,), (settings,))
    try:
        document = json.loads(settings.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SpecError(f"settings '{settings}' cannot be read: {error}") from None
    model = splink_model(document)
    model.save(out)
    return model


def export_splink(model: Path, out: Path) -> tuple[str, ...]:
    """Write a model as Splink settings; what they cannot say, in sentences.

    Raises:
        LinkageError: The file is missing or no model; or the output cannot be written, or is the
            file that is read.
    """
    check_output(out, ENDINGS)
    check_replaces_nothing((out,), (model,))
    settings, said = splink_settings(TrainedModel.load(model))
    write_text(json.dumps(settings, indent=2, ensure_ascii=False) + "\n", out)
    return said
