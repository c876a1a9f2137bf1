import pandas as pd
import pytest
from gil_scaling.analysis.columns import names
from gil_scaling.analysis.figures import latency
from gil_scaling.analysis.figures.drawing import Missing

from tests.analysis.figures.support import lines, titles
from tests.support import make_record, make_sample, make_tables

BUILDS = {"3.14": {}, "3.14t": {"free_threaded": True, "gil": False}}


def requests(python="3.14", *, factor=1.0, rounds=6, seconds=0.005, **params):
    """Records whose latency is factor × 1 ms in the median, 10 ms at the 99th percentile and 20 ms at most."""
    quantiles = {"latency_p50_ms": 1.0, "latency_p99_ms": 10.0, "latency_max_ms": 20.0}
    metrics = {name: factor * value for name, value in quantiles.items()} | {"client_late_p99_ms": 99.0}
    label = "-".join(map(str, params.values()))
    records = []
    for number in range(1, rounds + 1):
        spec = {"python": python, "workload": "latency", "backend": "sequential", "workers": 1, "round": number}
        spec |= {"params": params, "switch_interval_s": seconds}
        sample = make_sample(workers=1, metrics=metrics)
        records.append(make_record(f"{python}-{label}-{seconds}-{factor}-r{number}", samples=[sample], spec=spec))
    return records


def draw(folder, records):
    used = {record["spec"]["python"] for record in records}
    builds = {name: facts for name, facts in BUILDS.items() if name in used}
    return latency.draw(make_tables(folder, records, builds=builds))


def test_share_of_requests_rises_with_time_up_to_all(tmp_path):
    (axes,) = draw(tmp_path, requests(busy=1)).figure.axes
    assert lines(axes)["3.14"].get_xydata().tolist() == [[1, 0.5], [10, 0.99], [20, 1]]
    assert axes.get_xscale() == "log"


def test_any_percentile_stands_at_its_share(tmp_path):
    records = requests(busy=1)
    for one in records:
        one["measured"]["samples"][0]["metrics"] |= {"latency_p5_ms": 0.5, "latency_p99.9_ms": 15.0}
    (axes,) = draw(tmp_path, records).figure.axes
    assert lines(axes)["3.14"].get_ydata() == pytest.approx([0.05, 0.5, 0.99, 0.999, 1])


def test_percentiles_have_confidence_intervals(tmp_path):
    other = [{**record, "spec": {**record["spec"], "round": 6}} for record in requests(busy=1, rounds=1, factor=3.0)]
    (axes,) = draw(tmp_path, requests(busy=1, rounds=5) + other).figure.axes
    ((bars,),) = [container[2] for container in axes.containers]
    assert [segment[:, 0].tolist() for segment in bars.get_segments()] == [[1, 3], [10, 30], [20, 60]]


def test_panels_hold_busy_threads_and_busy_processes(tmp_path):
    records = requests(busy=0, busy_as="thread") + requests(busy=2, busy_as="thread")
    figure = draw(tmp_path, records + requests(busy=2, busy_as="process", factor=0.5)).figure
    assert titles(figure) == ["latency, busy=0", "latency, busy=2"]
    both = lines(figure.axes[1])
    assert both["3.14, busy processes"].get_xdata()[0] == 0.5
    assert both["3.14, busy processes"].get_linestyle() == "--"
    assert both["3.14, busy threads"].get_linestyle() == "-"


def test_the_default_switch_interval_is_drawn(tmp_path):
    records = [run for seconds in (1e-5, 0.005, 0.1) for run in requests(busy=1, seconds=seconds, factor=seconds)]
    assert list(draw(tmp_path, records).data["value"]) == pytest.approx([0.005, 0.05, 0.1])


def test_answers_give_the_tail_for_each_build(tmp_path):
    records = requests(busy=0, busy_as="thread", factor=0.1)
    for python, seconds, factor in (("3.14", 0.005, 1.0), ("3.14t", None, 0.2)):
        records += requests(python, busy=1, busy_as="thread", factor=factor, seconds=seconds)
        records += requests(python, busy=1, busy_as="process", factor=0.3, seconds=seconds)
    assert draw(tmp_path, records).answers == [
        "latency, busy=0: 99 % of the requests are answered within 1.00 ms [1.00 ms, 1.00 ms] on 3.14 (with the GIL).",
        "latency, busy=1: 99 % of the requests are answered within 10.0 ms [10.0 ms, 10.0 ms] next to busy threads and "
        "3.00 ms [3.00 ms, 3.00 ms] next to busy processes on 3.14 (with the GIL); 2.00 ms [2.00 ms, 2.00 ms] next to busy "
        "threads and 3.00 ms [3.00 ms, 3.00 ms] next to busy processes on 3.14t (without the GIL).",
    ]


def test_too_few_rounds_make_no_claim(tmp_path):
    assert draw(tmp_path, requests(busy=1, rounds=2)).answers == [
        "latency: 99 % of the requests are answered within 10.0 ms [10.0 ms, 10.0 ms] next to busy threads on 3.14 "
        "(with the GIL). Too few rounds for a claim: the brackets are ranges."
    ]


def test_tables_without_latencies_are_missing():
    with pytest.raises(Missing, match=r"^no run recorded how long requests waited$"):
        latency.draw({name: pd.DataFrame(columns=names(name)) for name in ("metrics", "builds")})
