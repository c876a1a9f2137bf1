import pandas as pd
import pytest
from gil_scaling.analysis.figures import looks


def backends(**kinds):
    """The looks of backends; kinds: {backend: kind}."""
    return looks.backends({"summary": pd.DataFrame(kinds.items(), columns=["backend", "backend_kind"])})


def test_backends_are_ordered_by_kind_plainest_first():
    kinds = {"asyncio": "coroutines", "process": "processes", "thread_pool": "threads", "thread": "threads"}
    assert list(backends(**kinds, sequential="sequential")) == [
        "sequential",
        "thread",
        "thread_pool",
        "process",
        "asyncio",
    ]


def test_backends_of_a_report_all_look_different():
    kinds = {f"{kind}{'x' * number}": kind for kind in ("threads", "processes", "coroutines") for number in range(6)}
    kinds |= {"mine": "actors", "other": "fibres"}
    found = backends(**kinds)
    assert len({(look.colour, look.marker) for look in found.values()}) == len(kinds)


def test_a_backend_looks_the_same_in_each_experiment():
    rows = pd.DataFrame({"backend": ["thread", "thread_pool"], "backend_kind": "threads"})
    whole = {"summary": rows, "backends": rows}
    part = {**whole, "summary": rows[rows["backend"] == "thread_pool"]}
    assert looks.backends(part) == looks.backends(whole)


def test_rows_are_drawn_by_panel_build_backend_and_workers():
    rows = pd.DataFrame(
        [("b", "x", "thread", 2), ("a", "y", "process", 4), ("a", "y", "process", 2), ("a", "y", "thread", 8)],
        columns=["panel", "build", "backend", "workers"],
    ).assign(backend_kind=["threads", "processes", "processes", "threads"])
    found = looks.in_order({"summary": rows}, rows)
    assert list(zip(found["panel"], found["backend"], found["workers"], strict=True)) == [
        ("a", "thread", 8),
        ("a", "process", 2),
        ("a", "process", 4),
        ("b", "thread", 2),
    ]


def test_builds_come_by_version_and_look_different():
    rows = [(f"3.{minor}", f"3.{minor}.0", False, True) for minor in (15, 9, 10, 11, 12, 13, 14)]
    rows += [("3.14t", "3.14.0", True, False), ("3.13t", "3.13.0", True, False), ("3.14t-gil", "3.14.0", True, True)]
    found = looks.builds(pd.DataFrame(rows, columns=["build", "version", "free_threaded", "gil"]))
    ordered = ["3.9", "3.10", "3.11", "3.12", "3.13", "3.13t", "3.14", "3.14t", "3.14t-gil", "3.15"]
    assert list(found) == ordered
    assert len({tuple(look.items()) for look in found.values()}) == len(ordered)
    assert [name for name, look in found.items() if look["mfc"] == "white"] == ["3.14t-gil"]


def test_machines_have_different_colours():
    assert len(set(looks.machines([f"m{number}" for number in range(12)]).values())) == 12


@pytest.mark.parametrize(("colour", "ink"), [((1, 1, 1), "black"), ((0, 0, 0), "white"), ((0, 0.45, 0.7), "white")])
def test_ink_has_the_larger_contrast(colour, ink):
    assert looks.ink_on(colour) == ink


def test_machines_of_a_kind_share_a_hue():
    colours = looks.machine_kinds([["a", "b"], ["c"]])
    last = looks.machine_kinds([["b"], ["c"]])
    assert (colours["b"], colours["c"]) == (last["b"], last["c"])
    assert len(set(colours.values())) == 3


def test_twelve_kinds_have_twelve_colours():
    assert len(set(looks.machine_kinds([[str(number)] for number in range(12)]).values())) == 12
