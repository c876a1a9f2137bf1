import pytest
from gil_scaling.analysis.figures import looks, timeline
from gil_scaling.analysis.figures.drawing import Missing
from matplotlib.colors import to_hex

from tests.analysis.figures.support import bars, titles
from tests.support import make_record, make_sample, make_tables

BUILDS = ("3.14", "3.14t")


def make_tasks(ends, workers, cpu_s, start_s=0.1):
    """A sample of tasks distributed round robin, all from start_s, or one after the other on a single worker."""
    starts = [start_s, *ends[:-1]] if workers == 1 else [start_s] * len(ends)
    columns = {"start_s": starts, "end_s": list(ends), "cpu_s": cpu_s, "index": list(range(len(ends)))}
    columns["worker"] = [place % workers for place in range(len(ends))]
    return make_sample(max(ends), workers=workers, tasks=columns)


def run(backend, python="3.14", ends=(0.5, 0.9), cpu_s=(0.4, 0.4), workers=None, **spec):
    workers = workers or (1 if backend == "sequential" else 2)
    spec = {"backend": backend, "python": python, "workers": workers, "switch_interval_s": None, **spec}
    sample = make_tasks(ends, workers, list(cpu_s))
    return make_record(f"{backend}-{python}-{workers}-{spec}", samples=[sample], spec=spec)


def tables_of(folder, records, builds=None, **options):
    names = sorted({record["spec"]["python"] for record in records})
    builds = builds or {name: {"gil": not name.endswith("t")} for name in names}
    return make_tables(folder, records, builds=builds, **options)


def draw(*arguments, **options):
    return timeline.draw(tables_of(*arguments, **options))


def test_kinds_of_backends_are_side_by_side_for_each_build(tmp_path):
    records = [run(backend, python) for python in BUILDS for backend in ("process", "thread_pool", "sequential")]
    expected = ["sequential", "thread_pool × 2", "process × 2"]
    assert titles(draw(tmp_path, records).figure) == [
        f"py_loop · {build} · {name}" for build in BUILDS for name in expected
    ]


def test_each_task_is_a_bar_in_the_lane_of_its_worker(tmp_path):
    alone, threads = draw(tmp_path, [run("sequential"), run("thread", ends=(0.6, 0.8))]).figure.axes
    assert bars(alone) == [pytest.approx(bar) for bar in ((0.1, 0.4, 0), (0.5, 0.4, 0))]
    assert bars(threads) == [pytest.approx(bar) for bar in ((0.1, 0.5, 0), (0.1, 0.7, 1))]
    bottom, top = threads.get_ylim()
    assert bottom > 1 > 0 > top


def test_neighbouring_tasks_have_two_shades(tmp_path):
    tables = tables_of(tmp_path, [run("thread", workers=1)])
    first, second = map(to_hex, timeline.draw(tables).figure.axes[0].collections[0].get_facecolor())
    assert first == looks.backends(tables)["thread"].colour != second


def test_panels_of_a_workload_share_their_time_axis(tmp_path):
    axes = draw(tmp_path, [run("sequential", ends=(1.0, 4.0)), run("thread")]).figure.axes
    assert [one.get_xlim() for one in axes] == [(0, pytest.approx(4.12))] * 2


def test_dotted_line_is_the_end_of_sequential_on_the_same_build(tmp_path):
    records = [run("sequential", ends=(1, 4)), run("thread")]
    records += [run("sequential", "3.14t", ends=(1, 5)), run("thread", "3.14t")]
    axes = draw(tmp_path, records).figure.axes
    assert [[line.get_xdata()[0] for line in one.lines] for one in axes] == [[], [4], [], [5]]


@pytest.mark.parametrize(
    ("records", "text"),
    [
        ([run("sequential"), run("thread", ends=(0.9, 0.9))], "2.00 on 1.00 CPUs (thread × 2 on 3.14)"),
        ([run("sequential", cpu_s=(0.2, 0.2))], "1.00 on 0.50 CPUs (sequential on 3.14)"),
        ([run("asyncio", ends=(0.9, 0.5), cpu_s=(None, None))], "1.50 (asyncio × 2 on 3.14)"),
    ],
    ids=["threads", "sequential", "coroutines"],
)
def test_answers_give_tasks_in_progress_and_cpus(tmp_path, records, text):
    assert draw(tmp_path, records).answers == [f"py_loop, mean number of tasks in progress in the drawn runs: {text}."]


@pytest.mark.parametrize(
    ("records", "label"),
    [
        ([run("thread", workers=workers) for workers in (1, 2, 4)], "thread × 2"),
        ([run("thread", switch_interval_s=value) for value in (0.1, 0.005, 0.00001)], "thread, 5.00 ms × 2"),
        (
            [run("process_pool", backend_params={"chunksize": 4}), run("process_pool"), run("interpreter")],
            "process_pool × 2",
        ),
    ],
    ids=["workers up to the CPUs", "default interval", "plain backend"],
)
def test_typical_combination_of_a_kind_is_drawn(tmp_path, records, label):
    assert titles(draw(tmp_path, records).figure) == [f"py_loop · 3.14 · {label}"]


def test_ceiling_runs_are_left_out(tmp_path):
    control = run("process", start="together", ends=(0.7, 0.7))
    drawn = draw(tmp_path, [control, run("process")], roles={control["run"]: "ceiling"})
    assert list(drawn.data["end_s"]) == [0.5, 0.9]


def test_custom_backends_are_drawn(tmp_path):
    assert titles(draw(tmp_path, [run("custom")]).figure) == ["py_loop · 3.14 · custom × 2"]


def test_timeline_draws_reference_and_counterpart_of_many(tmp_path):
    builds = {"3.13": {"version": "3.13.1"}, "3.13t": {"version": "3.13.1", "gil": False}}
    builds = {"3.12": {"version": "3.12.1"}, "3.12t": {"version": "3.11.1", "gil": False}, **builds}
    builds["3.9"] = {"version": "3.12.1"}
    drawn = draw(tmp_path, [run("thread", python) for python in builds], builds)
    assert titles(drawn.figure) == ["py_loop · 3.12 · thread × 2", "py_loop · 3.12t · thread × 2"]
    assert drawn.reading.endswith("Two of 5 builds are drawn: 3.12 (with the GIL) and 3.12t (without the GIL).")


def test_of_builds_with_the_gil_one_of_the_same_version_is_drawn(tmp_path):
    builds = {"3.12": {"version": "1"}, "3.13": {"version": "2"}, "a": {"version": "1"}}
    figure = draw(tmp_path, [run("thread", python) for python in builds], builds).figure
    assert titles(figure) == ["py_loop · 3.12 · thread × 2", "py_loop · a · thread × 2"]


def test_workloads_have_lines_of_their_own_with_gaps(tmp_path):
    records = [run("sequential", params={"n": 10}), run("thread", params={"n": 10}), run("thread", params={"n": 2000})]
    figure = draw(tmp_path, records).figure
    names = ["n=10 · 3.14 · sequential", "n=10 · 3.14 · thread × 2", "n=2,000 · 3.14 · thread × 2"]
    assert titles(figure) == [f"py_loop, {name}" for name in names]
    places = [axes.get_position() for axes in figure.axes]
    assert places[2].x0 == places[1].x0 > places[0].x0
    assert places[2].y1 < places[0].y0


def test_workloads_farthest_from_sequential_are_drawn(tmp_path):
    records = [run("sequential", params={"n": n}) for n in range(13)]
    records += [run("thread", params={"n": n}, ends=(0.9, 0.4 if n else 0.9)) for n in range(13)]
    drawn = draw(tmp_path, records)
    assert len(drawn.figure.axes) == 24
    assert "24 of 26 panels are drawn" in drawn.reading
    assert drawn.data["panel"].nunique() == 13


@pytest.mark.parametrize(("count", "is_raster"), [(200, False), (201, True)])
def test_many_bars_are_drawn_as_pixels(tmp_path, count, is_raster):
    ends = [0.2 + 0.001 * number for number in range(count)]
    (axes,) = draw(tmp_path, [run("sequential", ends=ends, cpu_s=ends)]).figure.axes
    assert axes.collections[0].get_rasterized() is is_raster
    assert len(bars(axes)) == count


def test_runs_without_tasks_are_missing(tmp_path):
    record = {**run("thread"), "status": "crashed", "reason": "killed", "measured": None}
    with pytest.raises(Missing, match=r"^no run recorded its tasks one by one$"):
        draw(tmp_path, [record])
