"""Request: what a caller wants linked, and how, checked before any work.

In: a specification or the columns to choose one for, settings, and if wanted a model and labels.
Out: `Request`. It must not link.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pyarrow as pa

from pipeline.errors import SpecError
from pipeline.linkage.deciding.copies import Copies, find_copies
from pipeline.linkage.learning.labels import Labels, read_labels
from pipeline.linkage.model import TrainedModel
from pipeline.linkage.person_spec import default_person_spec
from pipeline.linkage.settings import LinkageSettings
from pipeline.linkage.sides import require_columns
from pipeline.linkage.spec import LinkageSpec
from pipeline.linkage.spec_document import spec_hash


@dataclass(frozen=True)
class Request:
    """How to link, as the caller wants it.

    Attributes:
        spec: What to compare.
        settings: Threshold, budgets, limits.
        model: A trained model; None to learn one.
        labels: Labelled pairs; None without.
        is_exchanged: The caller's left table is worked on as the right one.
    """

    spec: LinkageSpec
    settings: LinkageSettings
    model: TrainedModel | None = None
    labels: Labels | None = None
    is_exchanged: bool = False

    @property
    def columns(self) -> list[str]:
        """The id column, and every column that is compared or blocked on."""
        return [self.spec.id_column, *sorted(field.column for field in self.spec.fields)]

    def with_labels(
        self, labels: pa.Table | None, left: pa.Table, right: pa.Table | None
    ) -> Request:
        """The request with labels checked against the tables.

        Raises:
            LinkageError: The labels cannot be used.
        """
        if labels is None:
            return self
        tables = [left] if right is None else [left, right]
        require_columns(tables, [self.spec.id_column])
        ids = [table[self.spec.id_column].combine_chunks() for table in tables]
        return replace(self, labels=read_labels(labels, ids[0], ids[1] if ids[1:] else None))

    def exchanged(self) -> Request:
        """The same request for the tables with left and right exchanged."""
        labels = self.labels and self.labels.exchanged()
        return replace(self, labels=labels, is_exchanged=not self.is_exchanged)

    def of_distinct(self, copies: Copies) -> Request:
        """The same request for a table without copies."""
        if self.labels is None:
            return self
        own = copies.distinct[self.spec.id_column].combine_chunks()
        leaders = own.take(pa.array(copies.sets))
        return replace(self, labels=self.labels.of_leaders(copies.ids, leaders))


def choose_spec(
    left: pa.Table,
    right: pa.Table | None,
    spec: LinkageSpec | None,
    settings: LinkageSettings,
    model: TrainedModel | None,
) -> LinkageSpec:
    """The specification to use: the model's, the caller's, or the default for the columns present.

    Raises:
        SpecError: Model and specification disagree.
    """
    if model is not None:
        if spec is not None and not set(spec.comparisons) >= set(model.spec.comparisons):
            raise SpecError(
                f"the model was trained with another specification ({model.spec_hash[:12]}) than "
                f"the one given ({spec_hash(spec)[:12]}); leave one of them out"
            )
        return model.spec
    if spec is not None:
        return spec
    columns = [c for c in left.column_names if right is None or c in right.column_names]
    return default_person_spec(columns, exact=settings.exact)


def copies_in(table: pa.Table, request: Request) -> Copies | None:
    """The exact copies in a table; none where it has no rows, or lacks a column that is read.

    A model that judges pairs one by one learns nothing from them, and its value frequencies count
    every record: for it none are taken aside.
    """
    id_column, *columns = request.columns
    if request.model is not None and request.model.decision is not None:
        return None
    if table.num_rows == 0 or not set(request.columns) <= set(table.column_names):
        return None
    return find_copies(table, id_column, columns)
