import math

import pandas as pd
import pytest
from gil_scaling.analysis.report import precision

from tests.support import make_tables, sweep_records


@pytest.mark.parametrize(
    ("claim", "ratio", "floor", "text"),
    [
        ("faster", 1.5, 0.02, "faster"),
        ("faster", 1.07, 0.08, "faster (within noise)"),
        ("slower", 0.93, 0.08, "slower (within noise)"),
        ("slower", 0.5, 0.08, "slower"),
        ("same", 1.01, 0.08, "same"),
        ("faster", 1.5, None, "faster"),
        ("no claim", 1.01, 0.02, "no claim"),
        (None, math.nan, 0.02, "–"),
    ],
)
def test_claims_within_the_noise_floor_are_marked(claim, ratio, floor, text):
    rows = pd.DataFrame({"machine": ["m"], "speedup": [ratio], "claim": pd.Series([claim], dtype="str")})
    assert list(precision.format_claims(rows, "speedup", "claim", {"m": floor})) == [text]


NOISE = {
    "combinations": 27,
    "different": 1,
    "different_share": [0.037, 0.00094, 0.19],
    "floor": 0.057,
    "typical": 0.0074,
    "measured": "2026-11-25 18:00 UTC",
}


def sets(*noise, machine="m"):
    return [{"label": f"s{place}", "machine": machine, "noise": each} for place, each in enumerate(noise)]


def test_noise_floor_is_described():
    assert precision.describe_noise_floors(sets(NOISE)) == [
        (
            "s0",
            "The noise floor of this machine is 5.7 %: in an A/A test (2026-11-25 18:00 UTC) of one build under two names, "
            "95 % of 27 combinations differed by at most that, half of them by at most 0.74 %; 1 came out faster or slower: "
            "3.7 % [0.09 %, 19 %].",
        )
    ]


def test_noise_floor_not_known_names_the_command():
    assert precision.describe_noise_floors(sets(None)) == [
        (
            "s0",
            "The noise floor of this machine is not known. To measure how much a build differs from itself, run "
            "`snakemake --cores all --configfile config/noise.yaml`.",
        )
    ]


def test_noise_floor_is_shared_by_the_sets_of_a_machine():
    assert precision.noise_floors(sets(None, NOISE)) == {"s0": 0.057, "s1": 0.057}
    others = [{"label": "n", "machine": "n", "noise": None}]
    assert precision.noise_floors([*sets(NOISE), *others]) == {"s0": 0.057, "n": None}


@pytest.mark.parametrize(
    ("floors", "text"),
    [
        ({"m": None}, "Noise floor: not known."),
        ({"m": 0.02}, "Noise floor: 2 %; claims within it are marked."),
        ({"m": 0.02, "b": None}, "Noise floor: 2 % on m and not known on b; claims within it are marked."),
        ({"m": 0.02, "b": 0.02}, "Noise floor: 2 %; claims within it are marked."),
    ],
)
def test_noise_floors_are_summarized(floors, text):
    assert precision.summarize_noise_floors(floors) == text


def summary(needed, width=1.0):
    """Rows that need so many rounds; the interval of the first speedup is from 1 / width to width, the others are wider."""
    rows = []
    for number, rounds in enumerate(needed, 1):
        factor = width if number == 1 else 1.1
        rows.append(
            {"panel": "py_loop", "build": "3.14", "label": f"thread × {number}", "backend_kind": "threads"}
            | {"interval": "ci95", "timed": "total", "rounds_ok": 6, "rounds_needed": rounds}
            | {"speedup": 2.0, "speedup_low": 2.0 / factor, "speedup_high": 2.0 * factor}
            | {f"{time}_s{end}": 1.0 for time in ("total", "work") for end in ("", "_low", "_high")}
        )
    return pd.DataFrame(rows)


def test_precision_names_the_rounds_that_all_take():
    assert precision.describe_precision(summary([6, 20, math.nan])) == (
        "1 of 2 combinations are known to within ±2 %. All will be after 20 rounds: raise `rounds` to continue; finished "
        "rounds are kept."
    )


def test_precision_gives_no_advice_beyond_100_rounds():
    assert precision.describe_precision(summary([6, 101, 20, 5000])) == (
        "1 of 4 combinations are known to within ±2 %. 2 will be after 20 rounds: raise `rounds` to continue; finished rounds "
        "are kept. 2 would take more than 100: there the machine or the task varies too much from round to round, and more "
        "rounds are no remedy (most: py_loop on 3.14, thread × 4)."
    )


def test_precision_names_no_rounds_that_are_done():
    known, open_ = "1 of 2 combinations are known to within ±2 %.", "1 would take more than 100: there the machine"
    assert precision.describe_precision(summary([6, 200])).startswith(f"{known} {open_}")
    assert precision.describe_precision(summary([6, 5])).startswith(f"{known} All will be after 7 rounds:")
    assert precision.summarize_precision(summary([6, 5])) == [f"{known[:-1]}, 2 would be after 7 rounds."]


def test_precision_that_no_rounds_give_names_the_cause():
    text = precision.describe_precision(summary([200], width=1.1))
    assert text.startswith("0 of 1 combination is known to within ±2 %. 1 would take more than 100: there the machine")


def test_precision_of_known_combinations_asks_for_no_rounds():
    assert precision.describe_precision(summary([6])) == "1 of 1 combination is known to within ±2 %."


@pytest.mark.parametrize(("width", "known"), [(1.019, "1 of 2"), (1.021, "0 of 2")])
def test_precision_rests_on_the_interval(width, known):
    assert precision.describe_precision(summary([6, 6], width)).startswith(f"{known} combinations are known")


STOPPING = {
    "experiments": ["e"],
    "half_width": 0.02,
    "max_rounds": 50,
    "reasons": {"half_width": 2, "claim": 7, "max_rounds": 1},
}


def test_stopping_names_the_rounds_the_looks_and_the_reasons():
    rows = pd.DataFrame({"rounds_ok": [8, 50, 0, 13, 8], "experiment": "e"})
    assert precision.describe_stopping(STOPPING, rows) == (
        "Each combination was measured until it was known to within ±2 % or its claims were settled, however wide their "
        "intervals: at most 50 rounds, with looks after 8, 13, 20, 32 and 50. The rows have 8 to 50 rounds, half of them at "
        "most 11. Combinations that stopped: 7 at a claim, 2 within the half-width and 1 after the last round."
    )


def test_stopping_without_rounds_or_reasons_names_the_rule_alone():
    rows = pd.DataFrame({"rounds_ok": [0], "experiment": "e"})
    text = precision.describe_stopping({**STOPPING, "reasons": {}}, rows)
    assert text.endswith("with looks after 8, 13, 20, 32 and 50.")


def test_stopping_names_its_experiments_beside_others():
    rows = pd.DataFrame({"rounds_ok": [8, 90], "experiment": ["e", "f"]})
    text = precision.describe_stopping(STOPPING, rows)
    assert text.startswith("Each combination of e was measured until")
    assert "The rows have 8 rounds." in text


@pytest.mark.parametrize(
    ("levels", "sentences"),
    [
        ({"e": 0.95}, []),
        ({"e": 0.99, "f": 0.99}, ["All intervals here are made at the level 99 %"]),
        (
            {"e": 0.99, "f": 0.975, "g": 0.95, "h": 0.99},
            [
                "The intervals of e and h here are made at the level 99 %",
                "The intervals of f here are made at the level 97.5 %",
            ],
        ),
    ],
)
def test_levels_are_named_with_their_experiments(levels, sentences):
    found = precision.describe_levels(levels)
    assert [text.partition(", so that")[0] for text in found] == sentences


@pytest.mark.parametrize("end", [{"speedup_low": 1.9}, {"speedup_high": 2.1}])
def test_precision_rests_on_both_ends(end):
    assert precision.describe_precision(summary([6]).assign(**end)).startswith("0 of 1")


@pytest.mark.parametrize(
    ("change", "known"),
    [
        ({"backend_kind": "sequential"}, "1 of 1"),
        ({"backend_kind": "sequential", "total_s_high": 1.1}, "0 of 1"),
        ({"backend_kind": "sequential", "total_s_high": 1.1, "timed": "work"}, "1 of 1"),
        ({"speedup": math.nan, "speedup_low": math.nan}, "1 of 1"),
        ({"interval": "range"}, "0 of 1"),
    ],
)
def test_precision_of_a_baseline_is_that_of_its_time(change, known):
    width = 1.0 if "interval" in change else 1.1
    assert precision.describe_precision(summary([6], width).assign(**change)).startswith(known)


def test_precision_without_repetitions_is_none():
    assert precision.describe_precision(summary([math.nan])) is None


def test_precision_is_summarized_in_one_sentence():
    assert precision.summarize_precision(summary([6, 20, math.nan])) == [
        "1 of 2 combinations are known to within ±2 %, 2 would be after 20 rounds."
    ]
    assert precision.summarize_precision(summary([6, 5000])) == ["1 of 2 combinations are known to within ±2 %."]
    assert precision.summarize_precision(summary([math.nan])) == []


def test_sizes_are_described():
    size = {"workload": "py_loop", "parameter": "n", "value": 410_000, "seconds": 0.31, "python": "3.14"}
    assert precision.describe_sizes([size]) == [
        "n = 410,000 of py_loop was found on 3.14, where the tasks took 310 ms sequentially; all builds and backends use it "
        "(sizes.json)."
    ]


@pytest.mark.parametrize(
    ("wrong", "end"),
    [(0, "are equal."), (1, "are equal; 1 run gave a wrong result."), (2, "are equal; 2 runs gave a wrong result.")],
)
def test_wrong_results_are_counted_beside_the_rounds(wrong, end, tmp_path):
    records = sweep_records({"sequential": [1.0] * 3, "thread": [1.0] * 3})
    for one in records[:wrong]:
        one.update(status="wrong_result", reason="task 0 differs", measured=None)
    sentence = precision.describe_checks(make_tables(tmp_path, records, experiments=("e", "f"))["runs"])
    assert sentence.startswith(f"3 rounds, each run in a fresh process; the results of {6 - wrong} runs were compared")
    assert sentence.endswith(end)
