import numpy as np
import pyarrow as pa
import pytest

from pipeline.people.persons import Clusters, best_values, people_of, persons_table

BEST = {
    "most records win": (["ann", "anne", "anne"], "anne"),
    "a name beats an initial that more records have": (["a", "a", "anne"], "anne"),
    "of equals the earlier record wins": (["anne", "ann"], "anne"),
    "a missing value does not vote": ([None, None, "ann"], "ann"),
    "nobody knows": ([None, None], None),
    "a whole date beats a year that more records have": (["1990", "1990", "1990-02-03"],
                                                         "1990-02-03"),
    "the date that most records have": (["1990-02-03", "1990-03-02", "1990-03-02"], "1990-03-02"),
    "a double surname is no better than a short one": (["lee", "lee", "lee hart"], "lee"),
}  # fmt: skip


@pytest.mark.parametrize(("values", "best"), BEST.values(), ids=BEST)
def test_best_value(values, best):
    column = pa.chunked_array([values], pa.string())
    found = best_values(column, people_of(np.zeros(len(values), np.int64)))
    assert found.to_pylist() == [best]


def test_each_person_has_values_of_its_own():
    column = pa.chunked_array([["x", "y", "x", None]], pa.string())
    assert best_values(column, people_of(np.array([0, 1, 0, 3]))).to_pylist() == ["x", "y", None]


def test_persons_table():
    mentions = pa.table(
        {
            "source": ["prison", "probation", "probation"],
            "given_name": ["john", "john", "mary"],
            "middle_names": [None, "paul", None],
            "surname": ["ash", "ash", "oak"],
            "date_of_birth": ["1980", "1980-01-02", None],
            "sex": ["M", "M", "F"],
        }
    ).cast(
        pa.schema(
            [
                (name, pa.string())
                for name in (
                    "source",
                    "given_name",
                    "middle_names",
                    "surname",
                    "date_of_birth",
                    "sex",
                )
            ]
        )
    )
    clusters = Clusters(
        labels=np.array([0, 0, 2]),
        kinds=np.zeros(3, np.int8),
        confidence=np.array([0.75, 0.75, np.nan]),
        agreements=np.array([1, 1, -1], np.int8),
    )
    table = persons_table(mentions, clusters, pa.array(["KO1", "KO1", "KO2"]))
    assert table.to_pylist() == [
        {
            "person_id": "KO1", "kind": "offender", "given_name": "john", "middle_names": "paul",
            "surname": "ash", "date_of_birth": "1980-01-02", "sex": "M", "cluster_size": 2,
            "n_sources": 2, "cluster_confidence": 0.75, "is_identifier_agreed": True,
        },
        {
            "person_id": "KO2", "kind": "offender", "given_name": "mary", "middle_names": None,
            "surname": "oak", "date_of_birth": None, "sex": "F", "cluster_size": 1,
            "n_sources": 1, "cluster_confidence": None, "is_identifier_agreed": None,
        },
    ]  # fmt: skip
