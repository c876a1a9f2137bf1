import pytest
from gil_scaling.analysis.figures import looks, switch_interval
from gil_scaling.analysis.figures.drawing import Missing

from tests.analysis.figures.support import lines, titles
from tests.support import make_record, make_sample, make_tables, sweep_records

BUILDS = {"3.14": {}, "3.14t": {"free_threaded": True, "gil": False}}
LINE = "py_loop, thread × 2"


def throughput(python, speedups, workload="py_loop", rounds=6):
    """Records of sequential in 4 s and of threads; speedups: {switch interval: speedup}."""
    records = sweep_records({"sequential": [4.0] * rounds}, python=python, workload=workload)
    for number, (seconds, speedup) in enumerate(speedups.items()):
        for record in sweep_records({"thread": [4.0 / speedup] * rounds}, python=python, workload=workload):
            record["spec"]["switch_interval_s"] = seconds
            records.append({**record, "run": f"{record['run']}-i{number}"})
    return [{**record, "run": f"{workload}-{record['run']}"} for record in records]


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


def tables_of(folder, records, builds=BUILDS):
    used = {record["spec"]["python"] for record in records}
    return make_tables(folder, records, builds={name: facts for name, facts in builds.items() if name in used})


def draw(*arguments, **options):
    return switch_interval.draw(tables_of(*arguments, **options))


def axes_of(drawn):
    return dict(zip(titles(drawn.figure), drawn.figure.axes, strict=True))


def test_throughput_is_above_latency_in_a_column_per_build(tmp_path):
    records = throughput("3.14", {1e-5: 0.5, 0.005: 1.0}) + latency("3.14", {1e-5: (1, 2, 4), 0.005: (1, 8, 16)})
    records += throughput("3.14t", {None: 2.0}) + latency("3.14t", {None: (1, 2, 4)})
    axes = axes_of(draw(tmp_path, records))
    assert list(axes) == ["throughput · 3.14", "throughput · 3.14t", "latency · 3.14", "latency · 3.14t"]
    above, beside, below, _ = (one.get_position() for one in axes.values())
    assert above.x0 == below.x0 < beside.x0 and above.y0 == beside.y0 > below.y1


def test_speedups_and_quantiles_are_drawn_at_their_intervals(tmp_path):
    records = throughput("3.14", {0.005: 1.0, 1e-5: 0.5}) + latency("3.14", {0.1: (2, 8, 16), 1e-5: (1, 2, 4)})
    tables = tables_of(tmp_path, records)
    axes = axes_of(switch_interval.draw(tables))
    above, below = lines(axes["throughput · 3.14"]), lines(axes["latency · 3.14"])
    assert list(above[LINE].get_xdata()) == [1e-5, 0.005]
    assert list(above[LINE].get_ydata()) == pytest.approx([0.5, 1])
    assert above[LINE].get_color() == looks.backends(tables)["thread"].colour
    assert {name: list(line.get_ydata()) for name, line in below.items()} == {
        "p50": [1, 2],
        "p99": [2, 8],
        "max": [4, 16],
    }
    assert (axes["latency · 3.14"].get_xscale(), axes["latency · 3.14"].get_yscale()) == ("log", "log")


def test_a_level_line_shows_where_the_interval_has_no_effect(tmp_path):
    records = throughput("3.14", {1e-5: 0.5, 0.005: 1.0}) + throughput("3.14t", {None: 2.0})
    axes = axes_of(draw(tmp_path, records))["throughput · 3.14t"]
    (line,) = [line for line in axes.lines if line.get_label() == LINE]
    assert list(line.get_xdata()) == [0, 1]  # from the left end of the axes to the right one
    assert list(line.get_ydata()) == pytest.approx([2, 2])
    assert [text.get_text() for text in axes.texts] == ["the switch interval has no effect"]


def test_ticks_are_the_measured_intervals(tmp_path):
    (axes,) = draw(tmp_path, throughput("3.14", {1e-5: 0.5, 0.005: 1.0, 0.1: 1.0})).figure.axes
    axes.figure.draw_without_rendering()
    assert [label.get_text() for label in axes.get_xticklabels()] == ["10 µs", "5 ms", "100 ms"]


def test_answers_give_throughput_at_the_shortest_and_default(tmp_path):
    records = throughput("3.14", {1e-5: 0.5, 0.005: 1.0, 0.1: 1.0}) + throughput("3.14t", {None: 2.0})
    assert draw(tmp_path, records).answers == [
        "py_loop, thread × 2: on 3.14 it is slower: 0.50× sequential [0.50, 0.50] at 10 µs and the same within 5 %: 1.00× "
        "sequential [1.00, 1.00] at 5 ms; on 3.14t, where the switch interval has no effect, it is faster: 2.00× sequential "
        "[2.00, 2.00]."
    ]


def test_answers_give_the_tail_of_the_latency(tmp_path):
    records = latency("3.14", {1e-5: (1, 2, 4), 0.005: (1, 8, 9), 0.1: (2, 100, 200)})
    assert draw(tmp_path, records + latency("3.14t", {None: (1, 3, 4)})).answers == [
        "latency: on 3.14 p99 goes from 2.00 ms [2.00 ms, 2.00 ms] at 10 µs to 100 ms [100 ms, 100 ms] at 100 ms; "
        "on 3.14t, where the switch interval has no effect, p99 is 3.00 ms [3.00 ms, 3.00 ms]."
    ]


def test_overlapping_confidence_intervals_show_no_change(tmp_path):
    records = latency("3.14", {1e-5: (1, 2, 4), 0.1: (1, 3, 4)})
    for record in records:
        if record["spec"]["round"] == 1:
            record["measured"]["samples"][0]["metrics"]["latency_p99_ms"] = 2.5
    assert draw(tmp_path, records).answers == [
        "latency: on 3.14 p99 is not shown to change: 2.00 ms [2.00 ms, 2.50 ms] at 10 µs and "
        "3.00 ms [2.50 ms, 3.00 ms] at 100 ms."
    ]


def test_too_few_rounds_make_no_claim(tmp_path):
    records = throughput("3.14", {1e-5: 0.5, 0.005: 1.0}, rounds=2)
    records += latency("3.14", {1e-5: (1, 2, 4), 0.1: (1, 8, 9)}, rounds=2)
    records += latency("3.14t", {None: (1, 3, 4)}, rounds=2)
    assert draw(tmp_path, records).answers == [
        "py_loop, thread × 2: on 3.14 it is 0.50× sequential, from 0.50 to 0.50 in 2 rounds, too few for a claim at 10 µs and "
        "1.00× sequential, from 1.00 to 1.00 in 2 rounds, too few for a claim at 5 ms.",
        "latency: on 3.14 p99 is 2.00 ms [2.00 ms, 2.00 ms] at 10 µs and 8.00 ms [8.00 ms, 8.00 ms] at 100 ms, too few "
        "rounds for a claim; on 3.14t, where the switch interval has no effect, p99 is 3.00 ms [3.00 ms, 3.00 ms], too few "
        "rounds for a claim.",
    ]


def test_a_build_with_a_single_interval_has_a_single_value(tmp_path):
    records = latency("3.14", {1e-5: (1, 2, 4), 0.1: (1, 8, 9)})
    (sentence,) = draw(tmp_path, records + latency("3.14t", {0.005: (1, 3, 4)})).answers
    assert sentence.endswith("; on 3.14t p99 is 3.00 ms [3.00 ms, 3.00 ms] at 5 ms.")


def test_workloads_with_a_single_interval_are_not_drawn(tmp_path):
    records = throughput("3.14", {1e-5: 0.5, 0.005: 1.0}) + throughput("3.14", {0.005: 1.0}, workload="sum_range")
    assert set(draw(tmp_path, records).data["line"]) == {LINE}


def test_at_most_24_panels_are_drawn(tmp_path):
    builds = {f"3.{minor}": {"version": f"3.{minor}.0"} for minor in range(13)}
    records = []
    for name in builds:
        records += throughput(name, {1e-5: 0.5, 0.005: 1.0}, rounds=1)
        records += latency(name, {1e-5: (1, 2, 4), 0.005: (1, 8, 16)}, rounds=1)
    drawn = draw(tmp_path, records, builds=builds)
    assert len(drawn.figure.axes) <= 24
    assert "of 26 panels are drawn" in drawn.reading


def test_a_sweep_of_one_interval_is_missing(tmp_path):
    with pytest.raises(Missing, match=r"^nothing was measured at several switch intervals$"):
        draw(tmp_path, throughput("3.14", {0.005: 1.0}) + latency("3.14", {0.005: (1, 2, 4)}))
