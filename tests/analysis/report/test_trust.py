import math

import pandas as pd
import pytest
from gil_scaling.analysis.report import trust, verdict
from gil_scaling.analysis.tables import build as tables

from tests.support import sweep_records, write_result_set


@pytest.mark.parametrize(
    ("claim", "speedup", "noise", "text"),
    [
        ("faster", 1.5, 0.02, "faster (the noise floor is 2 %)"),
        ("faster", 1.07, 0.08, "faster (within the noise floor 8 %)"),
        ("slower", 0.93, 0.08, "slower (within the noise floor 8 %)"),
        ("slower", 0.5, 0.08, "slower (the noise floor is 8 %)"),
        ("same", 1.01, 0.08, "same (the noise floor is 8 %)"),
        ("faster", 1.5, None, "faster (noise floor not known)"),
        ("no claim", 1.5, 0.02, "no claim"),
        (None, math.nan, 0.02, "–"),
    ],
)
def test_a_claim_stands_beside_the_noise_floor(claim, speedup, noise, text):
    assert trust.claim_in_words(claim, speedup, noise) == text


def summary(needed, width=1.0):
    """Rows that need so many rounds; the first has an interval of its speedup from 1 / width to width, the others wider."""
    names = {"workload": "py_loop", "python": "3.14", "backend": "thread", "interval": "ci95", "timed": "total"}
    rows = [{**names, "workers": number, "rounds_needed": n} for number, n in enumerate(needed, 1)]
    for number, row in enumerate(rows):
        factor = width if number == 0 else 1.1
        row.update(speedup=2.0, speedup_low=2.0 / factor, speedup_high=2.0 * factor)
    return pd.DataFrame(rows)


def test_the_rounds_that_more_precision_takes_are_told():
    assert trust.precision(summary([6, 5000, 20, math.nan])) == (
        "1 of 3 combinations are known to ± 2 % by now; half of them are after 20 rounds, and all after 5,000 (the last is "
        "py_loop on 3.14, thread with 2). More rounds measure the new ones alone."
    )


@pytest.mark.parametrize(("width", "known"), [(1.019, "1 of 2"), (1.021, "0 of 2")])
def test_known_is_what_the_interval_says_and_not_the_estimate_of_the_rounds(width, known):
    assert trust.precision(summary([6, 6], width)).startswith(f"{known} combinations are known")


@pytest.mark.parametrize("end", [{"speedup_low": 1.9}, {"speedup_high": 2.1}])
def test_both_ends_of_the_interval_count(end):
    assert trust.precision(summary([6]).assign(**end)).startswith("0 of 1")


def test_without_any_repetition_nothing_is_said_of_precision():
    assert trust.precision(summary([math.nan])) is None


def test_the_end_of_a_sweep_prints_how_precise_it_is(tmp_path, capsys):
    plan = write_result_set(tmp_path, sweep_records({"sequential": [1.0] * 6, "thread": [1.0, 1.3] * 3}))
    tables.main(plan)
    folder = plan.parent / "tables"
    verdict.main(folder)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("1 of 2 combinations are known to ± 2 % by now")
    assert second == "every supported run is ok"
