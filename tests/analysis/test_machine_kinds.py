import pandas as pd
import pytest
from gil_scaling.analysis import machine_kinds

SIZES = {"A": (2, 4, 8), "B": (16,), "C": (32, 32)}


def table(sizes=SIZES, name=None):
    """The machines a2, a4, …, c32-2; name: that all have, as result sets of one machine do."""
    rows = [
        {
            "machine": f"{model.lower()}{number}",
            "name": name or f"{model}{number}",
            "cpu_model": model,
            "usable_cpus": cpus,
        }
        for model, counts in sizes.items()
        for number, cpus in enumerate(counts)
    ]
    return pd.DataFrame(rows)


def test_many_begins_with_five_machines_not_result_sets():
    assert machine_kinds.is_many(table({"A": (1,) * 5}))
    assert not machine_kinds.is_many(table({"A": (1,) * 4}))
    assert not machine_kinds.is_many(table(name="m"))


def test_kinds_are_the_models_by_size():
    machines = table().iloc[::-1]
    assert machine_kinds.kinds(machines) == {"C": ["c1", "c0"], "B": ["b0"], "A": ["a0", "a1", "a2"]}


def test_a_machine_without_a_model_is_of_an_unknown_kind():
    assert machine_kinds.kinds(table({"A": (1,)}).assign(cpu_model=None)) == {"unknown CPU": ["a0"]}


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        (["a0", "a1", "a2", "b0", "c0", "c1"], "all 6 machines"),
        (["a0"], "a0"),
        (["a0", "a1", "a2"], "3 A (2 to 8 CPUs)"),
        (["a0", "a1", "b0", "c1", "c0"], "2 of 3 A (2 to 4 CPUs), b0 and 2 C (32 CPUs)"),
    ],
)
def test_machines_are_named_by_kind(labels, text):
    assert machine_kinds.name_machines(labels, table()) == text


def test_machines_of_many_kinds_are_counted():
    machines = table(dict.fromkeys("ABCDEFG", (2,)))
    assert machine_kinds.name_machines(machines["machine"][1:], machines) == "6 of 7 machines"


def test_sentences_of_many_machines_are_said_once():
    sentences = [(label, "Too hot.") for label in ("a0", "a1", "a2")] + [("b0", "Too cold.")]
    assert machine_kinds.with_names(sentences, table()) == ["On 3 A (2 to 8 CPUs): Too hot.", "On b0: Too cold."]


def test_sentences_of_few_machines_have_their_labels():
    few = table({"A": (2, 4)})
    assert machine_kinds.with_names([("a0", "Hot."), ("a1", "Hot.")], few) == ["a0: Hot.", "a1: Hot."]
    assert machine_kinds.with_names([("a0", "Hot.")], few[:1]) == ["Hot."]
