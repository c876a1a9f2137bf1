import pandas as pd
import pytest
from gil_scaling.analysis.columns import names
from gil_scaling.analysis.figures import _style, interval
from gil_scaling.analysis.read import load
from gil_scaling.analysis.tables import build as tables

from tests.support import make_record, make_sample, sweep_records, write_result_set

BUILDS = {"3.14": {}, "3.14t": {"free_threaded": True, "gil": False}}


def throughput(python, speedups, workload="py_loop", rounds=6):
    """Records of a sequence of 4 s and of threads; speedups: {switch interval: speedup}."""
    records = sweep_records({"sequential": [4.0] * rounds}, python=python, workload=workload)
    for number, (seconds, speedup) in enumerate(speedups.items()):
        for one in sweep_records({"thread": [4.0 / speedup] * rounds}, python=python, workload=workload):
            one["spec"]["switch_interval_s"] = seconds
            records.append({**one, "run": f"{one['run']}-i{number}"})
    return [{**one, "run": f"{workload}-{one['run']}"} for one in records]


def latency(python, quantiles, rounds=6):
    """Records of requests; quantiles: {switch interval: (p50, p99, max) in ms, the same in each round}."""
    records = []
    for seconds, values in quantiles.items():
        metrics = {f"latency_{name}_ms": value for name, value in zip(("p50", "p99", "max"), values, strict=True)}
        metrics["client_late_p99_ms"] = 99.0
        for number in range(1, rounds + 1):
            spec = {"python": python, "workload": "latency", "backend": "sequential", "workers": 1, "round": number}
            spec |= {"params": {"busy": 1}, "switch_interval_s": seconds}
            sample = make_sample(workers=1, metrics=dict(metrics))
            records.append(make_record(f"latency-{python}-{seconds}-r{number}", samples=[sample], spec=spec))
    return records


def drawn_of(folder, records):
    pythons = {one["spec"]["python"] for one in records}
    builds = {name: facts for name, facts in BUILDS.items() if name in pythons}
    return interval.draw(tables.tables(load(write_result_set(folder, records, builds=builds))))


def axes_of(drawn):
    return {axes.get_title(): axes for axes in drawn.figure.axes}


def lines(axes):
    return {one.get_label(): one[0] for one in axes.containers}


def test_throughput_is_above_and_latency_below_a_column_a_build(tmp_path):
    records = throughput("3.14", {1e-5: 0.5, 0.005: 1.0}) + latency("3.14", {1e-5: (1, 2, 4), 0.005: (1, 8, 16)})
    records += throughput("3.14t", {None: 2.0}) + latency("3.14t", {None: (1, 2, 4)})
    axes = axes_of(drawn_of(tmp_path, records))
    assert list(axes) == ["throughput · 3.14", "throughput · 3.14t", "latency · 3.14", "latency · 3.14t"]
    boxes = {title: one.get_subplotspec() for title, one in axes.items()}
    assert [(box.rowspan.start, box.colspan.start) for box in boxes.values()] == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_speedups_and_quantiles_stand_at_their_intervals(tmp_path):
    records = throughput("3.14", {0.005: 1.0, 1e-5: 0.5}) + latency("3.14", {0.1: (2, 8, 16), 1e-5: (1, 2, 4)})
    axes = axes_of(drawn_of(tmp_path, records))
    above, below = lines(axes["throughput · 3.14"]), lines(axes["latency · 3.14"])
    assert list(above["py_loop, thread × 2"].get_xdata()) == [1e-5, 0.005]
    assert list(above["py_loop, thread × 2"].get_ydata()) == pytest.approx([0.5, 1])
    assert {name: list(line.get_ydata()) for name, line in below.items()} == {
        "max": [4, 16],
        "p50": [1, 2],
        "p99": [2, 8],
    }
    assert above["py_loop, thread × 2"].get_color() == _style.look("thread")[0]
    assert (axes["latency · 3.14"].get_xscale(), axes["latency · 3.14"].get_yscale()) == ("log", "log")


def test_without_the_gil_the_interval_has_no_effect_and_a_line_goes_through(tmp_path):
    records = throughput("3.14", {1e-5: 0.5, 0.005: 1.0}) + throughput("3.14t", {None: 2.0})
    axes = axes_of(drawn_of(tmp_path, records))["throughput · 3.14t"]
    (line,) = [line for line in axes.lines if line.get_label() == "py_loop, thread × 2"]
    assert list(line.get_xdata()) == [0, 1]  # from the left end of the axes to the right one
    assert list(line.get_ydata()) == pytest.approx([2, 2])
    assert "the interval has no effect" in [text.get_text() for text in axes.texts]


def test_quantiles_are_named_at_the_ends_of_their_lines_and_never_on_top_of_each_other(tmp_path):
    axes = axes_of(drawn_of(tmp_path, latency("3.14", {1e-5: (1, 2, 4), 0.1: (100, 100, 100)})))["latency · 3.14"]
    places = {text.get_text(): text.get_position()[1] for text in axes.texts}
    assert list(places) == ["p50", "p99", "max"]
    assert places["p99"] - places["p50"] == places["max"] - places["p99"] == pytest.approx(0.09)


def test_many_builds_have_a_line_each(tmp_path):
    builds = {f"3.{minor}": {"version": f"3.{minor}.0"} for minor in range(9, 16)}
    builds |= {f"3.{minor}t": {"version": f"3.{minor}.0", "free_threaded": True, "gil": False} for minor in (14, 15)}
    records = []
    for name, facts in builds.items():
        has_gil = not facts.get("free_threaded")
        records += throughput(name, {1e-5: 0.5, 0.005: 1.0} if has_gil else {None: 2.0}, rounds=1)
        records += latency(name, {1e-5: (1, 2, 4), 0.005: (1, 8, 16)} if has_gil else {None: (1, 2, 4)}, rounds=1)
    figure = interval.draw(tables.tables(load(write_result_set(tmp_path, records, builds=builds)))).figure
    assert figure.axes[0].get_subplotspec().get_gridspec().get_geometry() == (9, 2)
    assert figure.get_size_inches()[0] <= 11


def test_sentences_tell_throughput_at_the_shortest_and_at_the_default_interval(tmp_path):
    records = throughput("3.14", {1e-5: 0.5, 0.005: 1.0, 0.1: 1.0}) + throughput("3.14t", {None: 2.0})
    assert drawn_of(tmp_path, records).answers == [
        "py_loop, thread × 2: on 3.14 slower: 0.50× sequential [0.50, 0.50] at 10 µs and the same within 5 %: 1.00× "
        "sequential [1.00, 1.00] at 5 ms; on 3.14t, where the interval has no effect, faster: 2.00× sequential [2.00, 2.00]."
    ]


def test_sentences_tell_how_the_tail_of_the_latency_goes(tmp_path):
    records = latency("3.14", {1e-5: (1, 2, 4), 0.005: (1, 8, 9), 0.1: (2, 100, 200)})
    assert drawn_of(tmp_path, records + latency("3.14t", {None: (1, 3, 4)})).answers == [
        "latency: on 3.14 p99 goes from 2.00 ms [2.00 ms, 2.00 ms] at 10 µs to 100 ms [100 ms, 100 ms] at 100 ms; "
        "on 3.14t, where the interval has no effect, p99 is 3.00 ms [3.00 ms, 3.00 ms]."
    ]


def test_intervals_that_overlap_show_no_change(tmp_path):
    records = latency("3.14", {1e-5: (1, 2, 4), 0.1: (1, 3, 4)})
    for one in records:
        if one["spec"]["round"] == 1:
            one["measured"]["samples"][0]["metrics"]["latency_p99_ms"] = 2.5
    assert drawn_of(tmp_path, records).answers == [
        "latency: on 3.14 p99 is not shown to change: 2.00 ms [2.00 ms, 2.50 ms] at 10 µs and "
        "3.00 ms [2.50 ms, 3.00 ms] at 100 ms."
    ]


def test_too_few_rounds_make_no_claim(tmp_path):
    records = throughput("3.14", {1e-5: 0.5, 0.005: 1.0}, rounds=2)
    records += latency("3.14", {1e-5: (1, 2, 4), 0.1: (1, 8, 9)}, rounds=2) + latency(
        "3.14t", {None: (1, 3, 4)}, rounds=2
    )
    assert drawn_of(tmp_path, records).answers == [
        "py_loop, thread × 2: on 3.14 0.50× sequential, from 0.50 to 0.50 in 2 rounds, too few for a claim "
        "at 10 µs and 1.00× sequential, from 1.00 to 1.00 in 2 rounds, too few for a claim at 5 ms.",
        "latency: on 3.14 p99 is 2.00 ms [2.00 ms, 2.00 ms] at 10 µs and 8.00 ms [8.00 ms, 8.00 ms] at 100 ms, of too few "
        "rounds for a claim; on 3.14t, where the interval has no effect, p99 is 3.00 ms [3.00 ms, 3.00 ms], of too few "
        "rounds for a claim.",
    ]


def test_a_build_with_one_interval_alone_has_one_value(tmp_path):
    records = latency("3.14", {1e-5: (1, 2, 4), 0.1: (1, 8, 9)})
    (sentence,) = drawn_of(tmp_path, records + latency("3.14t", {0.005: (1, 3, 4)})).answers
    assert sentence.endswith("; on 3.14t p99 is 3.00 ms [3.00 ms, 3.00 ms] at 5 ms.")


def test_what_has_one_interval_alone_is_not_drawn(tmp_path):
    records = throughput("3.14", {1e-5: 0.5, 0.005: 1.0}) + throughput("3.14", {0.005: 1.0}, workload="sum_range")
    drawn = drawn_of(tmp_path, records)
    assert set(drawn.data["line"]) == {"py_loop, thread × 2"}


def test_a_sweep_of_one_interval_is_missing(tmp_path):
    with pytest.raises(_style.Missing, match=r"^nothing was measured at several switch intervals$"):
        drawn_of(tmp_path, throughput("3.14", {0.005: 1.0}) + latency("3.14", {0.005: (1, 2, 4)}))


def test_empty_tables_are_missing():
    with pytest.raises(_style.Missing, match=r"^nothing was measured at several switch intervals$"):
        interval.draw({name: pd.DataFrame(columns=names(name)) for name in ("summary", "metrics", "builds")})
