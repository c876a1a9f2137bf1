import pytest
from gil_scaling.analysis.figures import metrics
from gil_scaling.analysis.figures.drawing import Missing

from tests.analysis.figures.support import assert_no_text_is_cut, cells_of, titles_above
from tests.support import compare_sources, make_record, make_sample, make_tables, write_source

BUILDS = {"3.14": {}, "3.14t": {"free_threaded": True, "gil": False}}
DECLARED = {"latency": {"better": {"p99_ms": "lower", "rate": "higher"}, "no_speedup": True}}
BLUE, ORANGE, GREEN, WHITE = "#56a5d8", "#e8945a", "#cfe3c8", "#fafafa"


def runs(python, found, rounds=6, **spec):
    """Records of sequential rounds that report these metrics."""
    own = {"workload": "latency", "python": python, "backend": "sequential", "workers": 1, **spec}
    sample = make_sample(workers=own["workers"], metrics=found)
    numbers = range(1, rounds + 1)
    return [
        make_record(f"{sorted(own.items())}-{number}"[:200], samples=[sample], spec={**own, "round": number})
        for number in numbers
    ]


def draw(folder, *parts, declared=DECLARED):
    records = [one for part in parts for one in part]
    for number, one in enumerate(records):
        one["run"] = f"r{number}"
    builds = {name: BUILDS[name] for name in {one["spec"]["python"] for one in records}}
    return metrics.draw(make_tables(folder, records, builds=builds, declared=declared))


def both_builds(rounds=6):
    return runs("3.14", {"p99_ms": 12.0, "rate": 5.0}, rounds), runs("3.14t", {"p99_ms": 0.03, "rate": 4.0}, rounds)


def test_a_metric_that_is_better_or_worse_has_a_sentence(tmp_path):
    drawn = draw(tmp_path, *both_builds())
    assert drawn.answers == [
        "latency, sequential on 3.14t, compared with 3.14: p99_ms is better: 0.0300, against 12.0 (0.00250× [0.00250, "
        "0.00250]); rate is worse: 4.00, against 5.00 (0.800× [0.800, 0.800])."
    ]
    assert_no_text_is_cut(drawn.figure)


def test_each_cell_has_the_ratio_and_the_colour_of_its_claim(tmp_path):
    (axes,) = draw(tmp_path, *both_builds()).figure.axes
    assert cells_of(axes) == {
        ("p99_ms", "latency, sequential"): ("0.00250× [0.00250, 0.00250]", BLUE),
        ("rate", "latency, sequential"): ("0.800× [0.800, 0.800]", ORANGE),
    }
    assert list(titles_above(axes)) == ["3.14t against 3.14"]


def test_a_baseline_of_0_shows_the_difference(tmp_path):
    drawn = draw(tmp_path, runs("3.14", {"p99_ms": 0.0}), runs("3.14", {"p99_ms": 0.25}, backend="thread", workers=2))
    assert drawn.answers == [
        "latency, thread × 2 on 3.14, compared with sequential: p99_ms is worse: 0.250, against 0 (+0.250 [+0.250, +0.250])."
    ]


def test_two_times_of_a_machine_are_named_by_their_labels(tmp_path):
    sources = [
        write_source(
            tmp_path / label, runs("3.14", {"p99_ms": value}), machine="m", label=label, call=label, declared=DECLARED
        )
        for label, value in (("may", 1.0), ("june", 2.0))
    ]
    assert metrics.draw(compare_sources(*sources)).answers == [
        "latency, sequential on june · 3.14, compared with may · 3.14: p99_ms is worse: 2.00, against 1.00 (2.00× [2.00, 2.00])."
    ]


def test_too_few_rounds_are_drawn_without_a_sentence(tmp_path):
    drawn = draw(tmp_path, *both_builds(rounds=5))
    assert drawn.answers == []
    assert {colour for _, colour in cells_of(drawn.figure.axes[0]).values()} == {WHITE}


def test_the_default_switch_interval_is_shown(tmp_path):
    parts = [
        runs(python, {"p99_ms": value * interval}, switch_interval_s=interval)
        for python, value in (("3.14", 2.0), ("3.14t", 1.0))
        for interval in (0.005, 0.1)
    ]
    assert list(draw(tmp_path, *parts).data["value"]) == [0.005]


def test_lines_beyond_thirty_are_counted(tmp_path):
    parts = [
        runs(python, {"p99_ms": 1.0}, params={"n": n, "count": 2}) for python in ("3.14", "3.14t") for n in range(31)
    ]
    drawn = draw(tmp_path, *parts)
    assert drawn.reading.endswith(" Of 31 lines 30 are drawn; metric_changes.csv has all.")
    assert (len(drawn.figure.axes[0].get_yticklabels()), len(drawn.data)) == (30, 31)


def test_metrics_without_direction_are_missing(tmp_path):
    with pytest.raises(
        Missing, match=r"^no workload declares which values of a metric are better, or there is nothing"
    ):
        draw(tmp_path, *both_builds(), declared={})
