import pandas as pd
import pytest
from gil_scaling.analysis.figures import budget

from tests.support import make_record, make_sample, make_tables

PARTS = ("useful", "extra_cpu", "waiting", "startup", "imbalance", "teardown")
ALONE = {
    "backend": "sequential",
    "backend_kind": "sequential",
    "label": "sequential",
    "workers": 1,
    "useful": 1.0,
    **dict.fromkeys(PARTS[1:], 0.0),
}


def answer(alone=(), **row):
    """The sentence about 2 threads with half of their time useful."""
    common = {
        "panel": "py_loop",
        "build": "3.14",
        "workers_asked": "2",
        "usable_cpus": 2,
        "gil": True,
        "interval": "ci95",
        "backend_params": "{}",
        "switch_interval_s": None,
    }
    parts = {**dict.fromkeys(PARTS, 0.0), "useful": 0.5, "waiting": 0.4, "startup": 0.1}
    limits = {
        "speedup_low": 0.9,
        "speedup_high": 1.1,
        "speedup_bound": 2.0,
        "speedup_ceiling": 1.9,
        "efficiency_bound": 0.5,
    }
    one = {
        **common,
        **parts,
        **limits,
        "backend": "thread",
        "backend_kind": "threads",
        "label": "thread × 2",
        "workers": 2,
        **row,
    }
    baseline = {**common, **limits, **ALONE, "efficiency_bound": float("nan"), **dict(alone)}
    rows = pd.DataFrame([baseline, one]).astype({"workers": "Int64"})
    found = budget.answers(rows)
    assert len(found) == 1
    return found[0].removeprefix("py_loop on 3.14: ")


BELOW = "stays below the bound of the tasks and the CPUs, 2.00"
LARGEST = "; its workers lose most to"


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({}, f"thread × 2 {BELOW}{LARGEST} waiting for the GIL (or a lock, a CPU, I/O): 40 %."),
        ({"gil": False}, f"thread × 2 {BELOW}{LARGEST} waiting for a lock, a CPU, or I/O: 40 %."),
        ({"startup": 0.45}, f"thread × 2 {BELOW}{LARGEST} starting them: 45 %."),
        ({"imbalance": 0.45}, f"thread × 2 {BELOW}{LARGEST} having no task (imbalance): 45 %."),
        ({"teardown": 0.45}, f"thread × 2 {BELOW}{LARGEST} ending them and returning the results: 45 %."),
        ({"speedup_low": 1.95, "speedup_high": 2.1}, "thread × 2 reaches the bound of the tasks and the CPUs, 2.00."),
        (
            {"speedup_high": 2.0, "waiting": 0.02, "startup": 0.02},
            "thread × 2 is not shown to reach the bound of the tasks and the CPUs, 2.00.",
        ),
        (
            {"speedup_high": 1.5, "speedup_low": 1.45, "speedup_ceiling": 1.5, "waiting": 0.0, "startup": 0.0},
            f"thread × 2 {BELOW}; processes in steady state get no further on this machine, 1.50.",
        ),
    ],
)
def test_the_sentence_names_the_limit_and_the_largest_loss(row, text):
    assert answer(**row) == text


def test_few_rounds_neither_reach_a_bound_nor_stay_below_it():
    for row in ({}, {"speedup_low": 1.95, "speedup_high": 2.1}):
        assert answer(interval="range", **row).startswith("thread × 2 is not shown to reach the bound")


def test_more_workers_than_cpus_wait_for_one():
    text = answer(gil=False, usable_cpus=1)
    assert "waiting for a CPU, of which there are fewer than workers (or a lock, I/O): 40 %" in text


def test_waiting_that_sequential_does_as_well_is_no_loss():
    text = answer(alone={"useful": 0.05, "waiting": 0.95}, useful=0.02, waiting=0.9, startup=0.08)
    assert text == f"thread × 2 {BELOW}{LARGEST} starting them: 8 %."


def test_the_parts_of_the_workers_time_are_stacked(tmp_path):
    alone = make_record("s", 1.0, spec={"backend": "sequential", "workers": 1})
    drawn = budget.draw(make_tables(tmp_path, [alone, make_record("t", samples=[make_sample(1.5)])])).figure
    bars = {one.get_label(): one.get_paths()[1].get_extents() for one in drawn.axes[0].collections}
    expected = {"useful": 0.8, "extra CPU": 0, "waiting": 0, "start-up": 0.1 + 0.5, "imbalance": 0.4, "teardown": 1.2}
    widths = {label: box.width for label, box in bars.items()}
    assert widths == pytest.approx({label: part / 3 for label, part in expected.items()})
    assert bars["teardown"].x1 == pytest.approx(1)


def test_the_share_of_a_loss_is_what_sequential_does_not_lose():
    text = answer(alone={"useful": 0.5, "waiting": 0.5}, useful=0.3, waiting=0.7)
    assert text == f"thread × 2 {BELOW}{LARGEST} waiting for the GIL (or a lock, a CPU, I/O): 20 %."
