import pandas as pd
import pytest
from gil_scaling.analysis.columns import names
from gil_scaling.analysis.figures import _style, latency
from gil_scaling.analysis.read import load
from gil_scaling.analysis.tables import build as tables

from tests.support import make_record, make_sample, write_result_set

BUILDS = {"3.14": {}, "3.14t": {"free_threaded": True, "gil": False}}


def requests(python, *, factor=1.0, rounds=6, seconds=0.005, **params):
    """Records whose latency is factor × 1 ms in the median, 10 ms at the 99th percentile and 20 ms at most."""
    quantiles = {"latency_p50_ms": 1.0, "latency_p99_ms": 10.0, "latency_max_ms": 20.0}
    metrics = {name: factor * value for name, value in quantiles.items()} | {"client_late_p99_ms": 99.0}
    label = "-".join(map(str, params.values()))
    records = []
    for number in range(1, rounds + 1):
        spec = {"python": python, "workload": "latency", "backend": "sequential", "workers": 1, "round": number}
        spec |= {"params": params, "switch_interval_s": seconds}
        sample = make_sample(workers=1, metrics=metrics)
        records.append(make_record(f"{python}-{label}-{seconds}-r{number}", samples=[sample], spec=spec))
    return records


def made(folder, records):
    pythons = {one["spec"]["python"] for one in records}
    builds = {name: facts for name, facts in BUILDS.items() if name in pythons}
    return tables.tables(load(write_result_set(folder, records, builds=builds)))


def lines(axes):
    return {one.get_label(): one[0] for one in axes.containers}


def test_the_share_of_the_requests_rises_with_the_time_up_to_all_of_them(tmp_path):
    (axes,) = latency.draw(made(tmp_path, requests("3.14", busy=1))).figure.axes
    assert lines(axes)["3.14, thread"].get_xydata().tolist() == [[1, 0.5], [10, 0.99], [20, 1]]
    assert axes.get_xscale() == "log"


def test_a_percentile_has_its_interval(tmp_path):
    records = requests("3.14", busy=1, rounds=5) + [
        {**one, "run": "other", "spec": {**one["spec"], "round": 6}}
        for one in requests("3.14", busy=1, rounds=1, factor=3.0)
    ]
    (axes,) = latency.draw(made(tmp_path, records)).figure.axes
    ((bars,),) = [one[2] for one in axes.containers]
    assert [segment[:, 0].tolist() for segment in bars.get_segments()] == [[1, 3], [10, 30], [20, 60]]


def test_each_number_of_busy_ones_has_a_panel_for_threads_and_processes_alike(tmp_path):
    records = requests("3.14", busy=0, busy_as="thread") + requests("3.14", busy=2, busy_as="thread")
    records += requests("3.14", busy=2, busy_as="process", factor=0.5)
    axes = {one.get_title(): one for one in latency.draw(made(tmp_path, records)).figure.axes}
    assert list(axes) == ["latency, busy=0", "latency, busy=2"]
    beside = lines(axes["latency, busy=2"])
    assert beside["3.14, process"].get_xdata()[0] == 0.5
    assert beside["3.14, process"].get_linestyle() == "--"
    assert beside["3.14, thread"].get_linestyle() == "-"


def test_of_several_switch_intervals_the_default_one_is_drawn(tmp_path):
    records = [
        one for seconds in (1e-5, 0.005, 0.1) for one in requests("3.14", busy=1, seconds=seconds, factor=seconds)
    ]
    drawn = latency.draw(made(tmp_path, records))
    assert list(drawn.data["value"]) == pytest.approx([0.005, 0.05, 0.1])


def test_a_sentence_a_number_of_busy_ones_tells_the_tail_of_each_build(tmp_path):
    records = requests("3.14", busy=0, busy_as="thread", factor=0.1)
    for python, seconds, factor in (("3.14", 0.005, 1.0), ("3.14t", None, 0.2)):
        records += requests(python, busy=1, busy_as="thread", factor=factor, seconds=seconds)
        records += requests(python, busy=1, busy_as="process", factor=0.3, seconds=seconds)
    assert latency.draw(made(tmp_path, records)).answers == [
        "latency, busy=0: 99 % of the requests are answered on 3.14, with the GIL, within 1.00 ms [1.00 ms, 1.00 ms].",
        "latency, busy=1: 99 % of the requests are answered on 3.14, with the GIL, within 10.0 ms [10.0 ms, 10.0 ms] beside "
        "busy threads and 3.00 ms [3.00 ms, 3.00 ms] beside busy processes; on 3.14t, without the GIL, within "
        "2.00 ms [2.00 ms, 2.00 ms] beside busy threads and 3.00 ms [3.00 ms, 3.00 ms] beside busy processes.",
    ]


def test_too_few_rounds_make_no_claim(tmp_path):
    drawn = latency.draw(made(tmp_path, requests("3.14", busy=1, rounds=2)))
    assert drawn.answers == [
        "latency: 99 % of the requests are answered on 3.14, with the GIL, within 10.0 ms [10.0 ms, 10.0 ms] beside busy "
        "threads. Too few rounds for a claim: the brackets are ranges."
    ]


def test_tables_without_latencies_are_missing():
    with pytest.raises(_style.Missing, match=r"^no run tells how long requests waited$"):
        latency.draw({name: pd.DataFrame(columns=names(name)) for name in ("metrics", "builds")})
