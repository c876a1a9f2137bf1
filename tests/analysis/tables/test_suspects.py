import math

import pandas as pd
import pytest
from gil_scaling.analysis.tables.suspects import suspects

COMBINATION = {"combination": "c", "run": "a-run", "workers": 2, "backend_kind": "threads"}
SUMMARY = {
    "backend_kind": "threads",
    "gil": False,
    "speedup_bound": math.nan,
    "workers": 2,
    "usable_cpus": 4,
    "timed": "work",
    "total_s": 0.2,
}


def find(lines, **summary):
    rows = [
        {"combination": "c", "file": "work.py", "line": line, "cpu_share": share, "cpu_share_low": low}
        for line, share, low in lines
    ]
    return list(suspects([COMBINATION], pd.DataFrame([{**SUMMARY, **summary}], index=["c"]), pd.DataFrame(rows)))


def test_lines_that_add_cpu_time_are_suspects_the_largest_first():
    (found,) = find([(4, 0.2, 0.1), (5, 0.7, 0.6), (6, 0.1, -0.1)])
    assert found["lines"] == [["work.py", 5], ["work.py", 4]]
    assert (found["timed"], found["bound"], found["run"]) == ("work_s", 2.0, "a-run")
    assert found["about_s"] == pytest.approx(0.9)  # 0.2 s beside the samples, the warm-up, and 0.5 s of samples


def test_with_the_gil_there_are_no_suspects():
    assert find([(4, 0.2, 0.1)], gil=True) == []


def test_processes_and_lines_without_a_loss_are_no_suspects():
    assert find([(4, 0.2, 0.1)], backend_kind="processes") == []
    assert find([(4, 0.2, -0.1)]) == []
