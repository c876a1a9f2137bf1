import pytest
from gil_scaling.analysis.figures import _style, timeline
from gil_scaling.analysis.read import load
from gil_scaling.analysis.tables import build as tables
from matplotlib.colors import to_hex

from tests.support import make_record, make_sample, write_result_set

BUILDS = {"3.14": {}, "3.14t": {"gil": False}}


def sample(ends, workers, cpu_s, start_s=0.1):
    """Tasks dealt out to the workers in turn, all from start_s, or one after the other on a single worker."""
    starts = [start_s, *ends[:-1]] if workers == 1 else [start_s] * len(ends)
    columns = {"start_s": starts, "end_s": list(ends), "cpu_s": cpu_s, "index": list(range(len(ends)))}
    columns["worker"] = [place % workers for place in range(len(ends))]
    return make_sample(max(ends), workers=workers, tasks=columns)


def run(backend, python="3.14", ends=(0.5, 0.9), cpu_s=(0.4, 0.4), workers=None, **spec):
    workers = workers or (1 if backend == "sequential" else 2)
    spec = {"backend": backend, "python": python, "workers": workers, "switch_interval_s": None, **spec}
    return make_record(f"{backend}-{python}-{workers}-{spec}", samples=[sample(ends, workers, list(cpu_s))], spec=spec)


def drawn(tmp_path, records, builds=None, **options):
    names = {one["spec"]["python"] for one in records}
    builds = builds or {name: {"gil": not name.endswith("t")} for name in sorted(names)}
    return timeline.draw(tables.tables(load(write_result_set(tmp_path, records, builds=builds, **options))))


def bars(axes):
    return [(bar.get_x(), bar.get_width(), bar.get_y() + bar.get_height() / 2) for bar in axes.patches]


def titles(figure):
    return [axes.get_title() for axes in figure.axes if axes.axison]


def test_sequence_threads_and_processes_of_each_build_stand_side_by_side(tmp_path):
    records = [run(backend, python) for python in BUILDS for backend in ("process", "thread_pool", "sequential")]
    figure = drawn(tmp_path, records).figure
    expected = ["sequential · {}", "thread_pool × 2 · {}", "process × 2 · {}"]
    assert titles(figure) == [title.format(python) for python in BUILDS for title in expected]


def test_each_task_is_a_bar_in_the_lane_of_its_worker(tmp_path):
    figure = drawn(tmp_path, [run("sequential"), run("thread", ends=(0.6, 0.8))]).figure
    assert bars(figure.axes[0]) == [pytest.approx(bar) for bar in ((0.1, 0.4, 0), (0.5, 0.4, 0))]
    assert bars(figure.axes[1]) == [pytest.approx(bar) for bar in ((0.1, 0.5, 0), (0.1, 0.7, 1))]


def test_the_first_worker_stands_on_top(tmp_path):
    bottom, top = drawn(tmp_path, [run("thread")]).figure.axes[0].get_ylim()
    assert bottom > 1 > 0 > top


def test_neighbouring_tasks_have_two_shades_of_their_backend_s_colour(tmp_path):
    first, second = drawn(tmp_path, [run("sequential")]).figure.axes[0].patches
    assert to_hex(first.get_facecolor()) == _style.look("sequential")[0]
    assert second.get_facecolor() != first.get_facecolor()


def test_the_panels_of_a_workload_share_their_time_axis(tmp_path):
    records = [run("sequential", ends=(1.0, 4.0)), run("thread")]
    sequence, threads = drawn(tmp_path, records).figure.axes
    assert threads.get_xlim() == sequence.get_xlim()
    assert threads.get_xlim()[0] == 0 and threads.get_xlim()[1] > 4


def test_a_dotted_line_is_where_the_sequence_of_the_same_build_ended(tmp_path):
    records = [run("sequential", ends=(1, 4)), run("thread")]
    records += [run("sequential", "3.14t", ends=(1, 5)), run("thread", "3.14t")]
    axes = drawn(tmp_path, records).figure.axes
    assert [[line.get_xdata()[0] for line in one.lines] for one in axes] == [[], [4], [], [5]]


def test_threads_under_the_gil_are_said_to_be_under_way_at_once_on_one_cpu(tmp_path):
    answers = drawn(tmp_path, [run("sequential"), run("thread", ends=(0.9, 0.9))]).answers
    assert answers == [
        "py_loop, tasks under way at once on average in the runs drawn: thread × 2 on 3.14: 2.00, on 1.00 CPUs."
    ]


def test_a_sequence_alone_is_told_of(tmp_path):
    assert drawn(tmp_path, [run("sequential", cpu_s=(0.2, 0.2))]).answers == [
        "py_loop, tasks under way at once on average in the runs drawn: sequential on 3.14: 1.00, on 0.50 CPUs."
    ]


def test_of_coroutines_no_cpu_is_told(tmp_path):
    assert drawn(tmp_path, [run("asyncio", ends=(0.9, 0.5), cpu_s=(None, None))]).answers == [
        "py_loop, tasks under way at once on average in the runs drawn: asyncio × 2 on 3.14: 1.50."
    ]


def test_the_number_of_workers_is_the_most_up_to_the_usable_cpus(tmp_path):
    figure = drawn(tmp_path, [run("thread", workers=workers) for workers in (1, 2, 4)]).figure
    assert titles(figure) == ["thread × 2 · 3.14"]


def test_the_interval_next_to_the_default_is_drawn(tmp_path):
    records = [run("thread", switch_interval_s=interval_s) for interval_s in (0.1, 0.005, 0.00001)]
    assert titles(drawn(tmp_path, records).figure) == ["thread, 5.00 ms × 2\n3.14"]


def test_of_backends_of_one_kind_the_plain_one_is_drawn(tmp_path):
    records = [run("process_pool", backend_params={"chunksize": 4}), run("process_pool"), run("interpreter")]
    assert titles(drawn(tmp_path, records).figure) == ["process_pool × 2 · 3.14"]


def test_control_runs_are_left_out(tmp_path):
    control = run("process", start="together", ends=(0.7, 0.7))
    found = drawn(tmp_path, [control, run("process")], roles={control["run"]: "ceiling"})
    assert list(found.data["end_s"]) == [0.5, 0.9]


def test_of_many_builds_the_reference_is_drawn_and_its_twin_without_the_gil(tmp_path):
    builds = {"3.13": {"version": "3.13.1"}, "3.13t": {"version": "3.13.1", "gil": False}}
    builds = {"3.12": {"version": "3.12.1"}, "3.12t": {"version": "3.11.1", "gil": False}, **builds}
    builds["3.9"] = {"version": "3.12.1"}
    found = drawn(tmp_path, [run("thread", python) for python in builds], builds)
    assert titles(found.figure) == ["thread × 2 · 3.12", "thread × 2 · 3.12t"]
    assert found.reading.endswith("Of 5 builds two are drawn: 3.12, with the GIL, and 3.12t, without the GIL.")


def test_of_many_builds_with_the_gil_one_of_the_same_version_is_drawn_beside_the_reference(tmp_path):
    builds = {"3.12": {"version": "1"}, "3.13": {"version": "2"}, "a": {"version": "1"}}
    found = drawn(tmp_path, [run("thread", python) for python in builds], builds)
    assert titles(found.figure) == ["thread × 2 · 3.12", "thread × 2 · a"]


def test_what_one_workload_lacks_leaves_its_place_empty(tmp_path):
    records = [run("sequential", params={"n": 1}), run("thread", params={"n": 1}), run("thread", params={"n": 2})]
    axes = drawn(tmp_path, records).figure.axes
    assert [one.get_title() if one.axison else None for one in axes] == [
        "sequential · 3.14",
        "thread × 2 · 3.14",
        None,
        "thread × 2 · 3.14",
    ]


def test_workloads_stand_in_rows_with_the_parameters_that_differ(tmp_path):
    records = [run("thread", params={"n": n}) for n in (10, 2000)]
    figure = drawn(tmp_path, records).figure
    assert [part.get_suptitle() for part in figure.subfigs] == ["py_loop, n=10", "py_loop, n=2,000"]


def test_many_bars_are_drawn_as_pixels(tmp_path):
    many = [0.2 + 0.001 * number for number in range(201)]
    few, lots = (
        drawn(tmp_path / str(number), [run("sequential", ends=many[:number], cpu_s=many[:number])])
        for number in (200, 201)
    )
    assert not few.figure.axes[0].patches[0].get_rasterized()
    (bars,) = lots.figure.axes[0].collections
    assert bars.get_rasterized() and len(bars.get_paths()) == 201
    assert bars.get_paths()[200].get_extents().extents == pytest.approx([many[199], -0.42, many[200], 0.42])


@pytest.mark.parametrize("changes", [{"status": "crashed", "reason": "killed", "measured": None}, {}])
def test_without_tasks_of_a_known_backend_it_is_missing(tmp_path, changes):
    record = {**run("thread" if changes else "mine"), **changes}
    with pytest.raises(_style.Missing, match=r"^no run of these backends recorded its tasks one by one$"):
        drawn(tmp_path, [record])
