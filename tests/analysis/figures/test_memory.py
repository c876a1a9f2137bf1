import numpy as np
import pytest
from gil_scaling.analysis.figures import _style, memory
from gil_scaling.analysis.read import load
from gil_scaling.analysis.tables import build as tables

from tests.support import make_record, make_sample, write_result_set


def runs(backend, peaks, rounds=6, python="3.14", kind="pss", **spec):
    """Records of a backend: peaks is {workers: peak_memory_mb}, which grows by 1 MiB a round around it."""
    spec = {"backend": backend, "python": python, "switch_interval_s": None, **spec}
    made = []
    for workers, peak_mb in peaks.items():
        for number in range(rounds):
            own = {**spec, "workers": workers, "round": number + 1}
            facts = {"peak_memory_mb": peak_mb and peak_mb + number - (rounds - 1) / 2, "memory_kind": kind}
            samples = [make_sample(workers=2 if workers == "default" else workers)]
            made.append(make_record(f"{peak_mb}-{own}", samples=samples, spec=own, **facts))
    return made


def drawn(tmp_path, records, **options):
    return memory.draw(tables.tables(load(write_result_set(tmp_path, records, **options))))


def test_the_peak_is_drawn_against_workers_with_its_interval(tmp_path):
    records = runs("sequential", {1: 20}) + runs("process", {1: 30, 2: 40, 4: 60})
    (axes,) = drawn(tmp_path, records).figure.axes
    ((line, _, (bars,)),) = axes.containers
    assert np.array_equal(line.get_xydata(), [(1, 30), (2, 40), (4, 60)])
    assert bars.get_segments()[0][:, 1] == pytest.approx([27.5, 32.5])
    assert (line.get_color(), axes.get_xscale(), axes.get_ylim()[0]) == (_style.look("process")[0], "log", 0)


def test_the_sequence_is_a_horizontal_line(tmp_path):
    (axes,) = drawn(tmp_path, runs("sequential", {1: 20}) + runs("thread", {2: 21})).figure.axes
    lines = {line.get_label(): line for line in axes.lines}
    assert list(lines["sequential"].get_ydata()) == [20, 20]


def test_worker_counts_beyond_the_cpus_are_shaded(tmp_path):
    (axes,) = drawn(tmp_path, runs("process", {1: 30, 4: 60})).figure.axes
    assert [patch.get_x() for patch in axes.patches] == [2.1]


def test_what_a_worker_adds_is_told_where_there_are_the_most(tmp_path):
    records = runs("sequential", {1: 20}) + runs("thread", {2: 20.1, 4: 20.2}) + runs("process", {2: 40, 4: 48.4})
    records += runs("process_pool", {2: 2820})
    assert drawn(tmp_path, records).answers == [
        "py_loop on 3.14: about 20 MiB in sequence; each worker adds less than 0.1 MiB with thread × 4, about 7.1 MiB with "
        "process × 4, about 1,400 MiB with process_pool × 2."
    ]


def test_a_backend_that_needs_less_than_the_sequence_adds_little(tmp_path):
    assert drawn(tmp_path, runs("sequential", {1: 20}) + runs("asyncio", {4: 19})).answers == [
        "py_loop on 3.14: about 20 MiB in sequence; each worker adds less than 0.1 MiB with asyncio × 4."
    ]


def test_each_build_has_a_sentence_of_the_workload_that_needs_most(tmp_path):
    records = []
    for python, extra_mb in (("3.14", 0), ("3.14t", 10)):
        for n, peak_mb in ((10, 20), (2000, 50)):
            own = {"python": python, "params": {"n": n}}
            records += runs("sequential", {1: peak_mb}, **own) + runs("process", {2: peak_mb + 10 + extra_mb}, **own)
    assert drawn(tmp_path, records).answers == [
        "py_loop, n=2,000 on 3.14: about 50 MiB in sequence; each worker adds about 5 MiB with process × 2.",
        "py_loop, n=2,000 on 3.14t: about 50 MiB in sequence; each worker adds about 10 MiB with process × 2.",
    ]


def test_without_the_sequence_nothing_is_told_and_the_rest_is_drawn(tmp_path):
    found = drawn(tmp_path, runs("process", {2: 40}))
    assert (found.answers, len(found.data)) == ([], 1)


@pytest.mark.parametrize(
    ("kind", "label", "said"),
    [
        (
            "pss",
            "peak in MiB (PSS)",
            "in a sample of its own, in which memory that processes share is counted once (PSS).",
        ),
        (
            "rss",
            "peak in MiB (RSS)",
            "in a sample of its own, in which memory that processes share is counted in each (RSS).",
        ),
        (None, "peak in MiB", "in a sample of its own. Horizontal"),
    ],
)
def test_how_shared_memory_is_counted_is_said(tmp_path, kind, label, said):
    found = drawn(tmp_path, runs("process", {2: 40}, kind=kind))
    assert found.figure.axes[0].get_ylabel() == label
    assert said in found.reading


def test_builds_of_a_workload_share_the_scale(tmp_path):
    records = runs("process", {2: 40}) + runs("process", {2: 100}, python="3.14t")
    tops = [axes.get_ylim()[1] for axes in drawn(tmp_path, records).figure.axes]
    assert tops == [pytest.approx(1.05 * 102.5)] * 2


def test_backends_with_parameters_have_hollow_marks(tmp_path):
    records = runs("process_pool", {2: 40}) + runs("process_pool", {2: 50}, backend_params={"chunksize": 4})
    (axes,) = drawn(tmp_path, records).figure.axes
    faces = {one.get_label(): one[0].get_markerfacecolor() for one in axes.containers}
    assert faces == {"process_pool": _style.look("process_pool")[0], "process_pool, chunksize=4": "white"}


def test_control_runs_and_default_numbers_of_workers_are_left_out(tmp_path):
    control, asked = runs("process", {2: 40}, start="together"), runs("process", {2: 41})
    roles = {one["run"]: "ceiling" for one in control}
    records = [*control, *asked, *runs("process_pool", {"default": 60})]
    assert list(drawn(tmp_path, records, roles=roles).data["peak_memory_mb"]) == [41]


def test_nine_builds_stand_on_lines_of_three(tmp_path):
    records = [one for minor in range(9, 18) for one in runs("process", {2: 40}, rounds=1, python=f"3.{minor}")]
    figure = drawn(tmp_path, records).figure
    assert figure.axes[0].get_gridspec().get_geometry() == (3, 3)
    assert all(axes.axison for axes in figure.axes)


def test_a_build_without_a_workload_has_no_panel_of_it(tmp_path):
    records = runs("process", {2: 40}, params={"n": 1}) + runs("process", {2: 40}, params={"n": 2})
    records += runs("process", {2: 40}, python="3.14t", params={"n": 2})
    shown = [axes.get_title() for axes in drawn(tmp_path, records).figure.axes]
    assert shown == ["py_loop, n=1 · 3.14", "py_loop, n=2 · 3.14", "py_loop, n=2 · 3.14t"]


def test_no_memory_measured_is_missing(tmp_path):
    with pytest.raises(_style.Missing, match=r"^no memory was measured$"):
        drawn(tmp_path, runs("process", {2: None}, kind=None))


def test_the_legend_has_no_more_columns_than_fit(tmp_path):
    records = runs("process", {2: 40}) + [
        one for size in range(8) for one in runs("process_pool", {2: 40}, rounds=1, backend_params={"chunksize": size})
    ]
    figure = drawn(tmp_path, records).figure
    figure.draw_without_rendering()
    (legend,) = figure.legends
    assert legend.get_window_extent().width <= figure.bbox.width
