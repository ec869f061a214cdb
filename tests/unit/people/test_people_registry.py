import numpy as np
import pyarrow as pa
import pytest

from pipeline.contracts.people import REGISTRY
from pipeline.contracts.stages import PERSON_KINDS
from pipeline.people.persons import Clusters
from pipeline.people.registry import new_ids, record_keys, register

OFFENDER, DECLARED_CHILD, DECLARED_OTHER = 0, 1, 4


def mentions(*record_ids, owners=None):
    """Prisoner records; `owners` are the places of the mentions that declared each."""
    owners = owners or [None] * len(record_ids)
    return pa.table(
        {
            "mention_id": pa.array(range(len(record_ids)), pa.int64()),
            "source": pa.array(["prison"] * len(record_ids), pa.string()),
            "table": pa.array(
                ["prisoners" if owner is None else "prisoner_contacts" for owner in owners],
                pa.string(),
            ),
            "record_id": pa.array(record_ids, pa.string()),
            "owner_mention_id": pa.array(owners, pa.int64()),
        }
    )


def clusters(labels, kind=OFFENDER):
    size = len(labels)
    kinds = np.full(size, kind, np.int8) if isinstance(kind, int) else np.array(kind, np.int8)
    return Clusters(
        np.array(labels, np.int64), kinds, np.full(size, np.nan), np.full(size, -1, np.int8)
    )


def first_run(record_ids, labels, **more):
    return register(record_keys(mentions(*record_ids)), clusters(labels, **more), None, "run-1")


def next_run(before, record_ids, labels, **more):
    return register(
        record_keys(mentions(*record_ids)), clusters(labels, **more), before.registry, "run-2"
    )


def ids_of(registered, table):
    return dict(zip(table["record_id"].to_pylist(), registered.person_ids.to_pylist(), strict=True))


def events(registered):
    ledger = registered.ledger.to_pylist()
    return [(row["event"], row["old_person_id"], row["new_person_id"], row["n_records"])
            for row in ledger]  # fmt: skip


def test_a_first_run_makes_ids_of_the_smallest_record_key():
    a = first_run("abc", [0, 0, 2])
    b = first_run("abx", [0, 0, 2])
    assert a.person_ids[0] == a.person_ids[1] == b.person_ids[0]
    assert a.person_ids[2] != b.person_ids[2]
    assert a.person_ids[0].as_py().startswith("KO")
    assert len(a.person_ids[0].as_py()) == 18


def test_the_order_of_mentions_does_not_change_ids():
    forward, backward = first_run("abcd", [0, 0, 2, 2]), first_run("dcba", [0, 0, 2, 2])
    assert ids_of(forward, mentions(*"abcd")) == ids_of(backward, mentions(*"dcba"))


def test_a_repeated_run_changes_nothing():
    first = first_run("abc", [0, 0, 2])
    again = next_run(first, "abc", [0, 0, 2])
    assert again.registry == first.registry
    assert again.ledger.num_rows == 0


def test_every_id_of_a_first_run_is_created():
    found = events(first_run("abc", [0, 0, 2]))
    assert sorted((event, n) for event, _, _, n in found) == [("created", 1), ("created", 2)]


def test_a_person_keeps_the_id_when_a_smaller_record_joins():
    first = first_run("bc", [0, 0])
    second = next_run(first, "abc", [0, 0, 0])
    assert second.person_ids[0] == first.person_ids[0]
    assert second.ledger.num_rows == 0


def test_merged_people_keep_the_id_of_more_records():
    first = first_run("abc", [0, 1, 1])
    old_a, old_bc = first.person_ids[0].as_py(), first.person_ids[1].as_py()
    second = next_run(first, "abc", [0, 0, 0])
    assert set(second.person_ids.to_pylist()) == {old_bc}
    assert events(second) == [("merged", old_a, old_bc, 1)]


def test_a_split_person_leaves_the_id_with_more_records():
    first = first_run("abc", [0, 0, 0])
    old = first.person_ids[0].as_py()
    second = next_run(first, "abc", [0, 1, 1])
    assert second.person_ids[1].as_py() == old
    new = second.person_ids[0].as_py()
    assert new != old
    assert events(second) == [("created", None, new, 1), ("split", old, new, 1)]


def test_an_id_made_of_a_record_that_was_split_off_is_not_given_twice():
    first = first_run("abc", [0, 0, 0])
    second = next_run(first, "abc", [0, 1, 1])
    # `a` alone would make the id that `b` and `c` keep.
    assert len(set(second.person_ids.to_pylist())) == 2


def test_of_a_person_whose_records_are_gone_no_trace_is_left():
    # Nothing tells a protected person from one who has left the extracts.
    first = first_run("abc", [0, 0, 2])
    gone = first.person_ids[0].as_py()
    second = next_run(first, "cd", [0, 1])
    assert [event for event, *_ in events(second)] == ["created"]
    for table in (second.ledger, second.registry):
        assert gone not in {value for row in table.to_pylist() for value in row.values()}
    assert sorted(second.registry["record_id"].to_pylist()) == ["c", "d"]


def test_one_who_comes_back_gets_the_same_id():
    first = first_run("ab", [0, 1])
    gone = next_run(first, "a", [0])
    back = next_run(gone, "ab", [0, 1])
    assert back.person_ids == first.person_ids


def test_records_that_change_hands_between_two_who_remain_are_a_split():
    first = first_run("abcd", [0, 0, 0, 3])
    second = next_run(first, "abcd", [0, 0, 2, 2])
    assert second.person_ids[0] == first.person_ids[0]
    assert second.person_ids[3] == first.person_ids[3]
    assert [event for event, *_ in events(second)] == ["split"]


def test_a_person_of_another_kind_gets_another_id():
    first = first_run("a", [0], kind=DECLARED_OTHER)
    second = next_run(first, "a", [0], kind=DECLARED_CHILD)
    old, new = first.person_ids[0].as_py(), second.person_ids[0].as_py()
    assert (old[:2], new[:2]) == ("KX", "KD")
    assert events(second) == [("created", None, new, 1), ("merged", old, new, 1)]


def test_the_run_that_created_an_id_is_remembered():
    second = next_run(first_run("a", [0]), "ab", [0, 1])
    rows = {row["record_id"]: row["first_run_id"] for row in second.registry.to_pylist()}
    assert rows == {"a": "run-1", "b": "run-2"}


def test_one_contact_of_two_prisoners_is_two_records():
    table = mentions("A1", "B2", "900", "900", owners=[None, None, 0, 1])
    kinds = [OFFENDER, OFFENDER, DECLARED_CHILD, DECLARED_CHILD]
    found = register(record_keys(table), clusters([0, 1, 2, 3], kinds), None, "run-1")
    assert len(set(found.person_ids.to_pylist())) == 4
    owners = [row["owner_record_id"] for row in found.registry.to_pylist()]
    assert sorted(owners) == ["", "", "A1", "B2"]


def test_a_record_that_stands_twice_is_registered_once():
    found = first_run("aab", [0, 1, 2])
    assert found.registry.num_rows == 2
    assert len(set(found.person_ids.to_pylist())) == 3


def test_nobody_has_no_ids():
    before = first_run("a", [0])
    found = register(record_keys(mentions()), clusters([]), before.registry, "run-2")
    assert found.registry == REGISTRY.empty()
    assert events(found) == []


@pytest.mark.parametrize("seed", range(10))
def test_ids_are_kept_and_distinct_whatever_happens(seed):
    rng = np.random.default_rng(seed)
    names = [f"r{number:02d}" for number in range(40)]
    before = None
    for run in range(4):
        present = sorted(rng.choice(40, 30, replace=False))
        groups = rng.integers(0, 12, 40)
        first_of = {}
        labels = [first_of.setdefault(groups[p], place) for place, p in enumerate(present)]
        table = mentions(*(names[p] for p in present))
        found = register(
            record_keys(table), clusters(labels), before and before.registry, f"run-{run}"
        )
        ids = np.array(found.person_ids.to_pylist())
        together = np.equal.outer(np.array(labels), np.array(labels))
        assert (together == np.equal.outer(ids, ids)).all()
        before = found


def test_new_ids_avoid_those_taken():
    smallest, kinds = pa.array(["a", "b"]), np.zeros(2, np.int8)
    free = new_ids(smallest, kinds, pa.array([], pa.string()))
    other = new_ids(smallest, kinds, free[:1])
    assert other[0] != free[0]
    assert other[1] == free[1]
    assert PERSON_KINDS[0] == "offender"


def test_many_records_keep_their_ids_in_no_time():
    # Anything that compares every id with every other one would take minutes here.
    names = [f"{number:06d}" for number in range(100_000)]
    labels = np.arange(100_000) // 2 * 2
    first = first_run(names, labels)
    again = next_run(first, names, labels)
    assert again.person_ids.equals(first.person_ids)
    assert again.ledger.num_rows == 0
