import math

import pytest
from gil_scaling.analysis.figures import _style, size
from gil_scaling.analysis.read import load
from gil_scaling.analysis.tables import build as tables

from tests.support import make_record, make_sample, write_result_set

FALLING = {
    4: 0.5,
    64: 0.5,
    1024: 2.0,
}  # from faster to slower than the sequence: with more pieces the tasks are smaller


def runs(backend, times, rounds=6, python="3.14", name="pieces", workers=None, **spec):
    """Records of a backend: times is {size: total_s}, the same in all rounds."""
    workers = workers or (1 if backend == "sequential" else 2)
    spec = {"workload": "task_size", "backend": backend, "workers": workers, "python": python, **spec}
    spec["switch_interval_s"] = None
    made = []
    for value, total_s in times.items():
        for number in range(1, rounds + 1):
            own = {**spec, "round": number, "params": {name: value, "turns": 10}}
            label = f"{spec['workload']}-{backend}-{python}-{workers}-{value}-{number}-{spec.get('backend_params')}"
            made.append(make_record(label, samples=[make_sample(total_s, workers=workers)], spec=own))
    return made


def sequence(**options):
    return runs("sequential", {4: 1.0, 64: 1.0, 1024: 1.0}, **options)


def drawn(tmp_path, records, **options):
    return size.draw(tables.tables(load(write_result_set(tmp_path, records, **options))))


def lines(axes):
    found = {one.get_label(): one[0] for one in axes.containers}
    return {name: list(zip(*line.get_data(), strict=True)) for name, line in found.items()}


def test_the_time_is_drawn_against_the_parameter_on_logarithmic_scales(tmp_path):
    (axes,) = drawn(tmp_path, sequence() + runs("thread_pool", FALLING)).figure.axes
    assert lines(axes) == {
        "sequential": [(4, 1), (64, 1), (1024, 1)],
        "thread_pool × 2": [(4, 0.5), (64, 0.5), (1024, 2)],
    }
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert (axes.get_title(), axes.get_xlabel()) == ("task_size · 3.14", "pieces")


def test_a_backend_that_gains_on_small_sizes_pays_up_to_one(tmp_path):
    assert drawn(tmp_path, sequence() + runs("thread_pool", FALLING)).answers == [
        "task_size on 3.14: thread_pool × 2 is faster than the sequence up to pieces = 256 [171, 704]."
    ]


def test_a_backend_that_gains_on_large_sizes_pays_from_one_on(tmp_path):
    rising = {4: 2.0, 64: 2.0, 1024: 0.5}
    assert drawn(tmp_path, sequence() + runs("thread_pool", rising)).answers == [
        "task_size on 3.14: thread_pool × 2 is faster than the sequence from pieces = 256 [93.1, 384] on."
    ]


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ([0.5, 0.5, 0.5], "is faster than the sequence throughout, pieces = 4 to 1,024"),
        ([2.0, 2.0, 2.0], "is nowhere faster than the sequence, pieces = 4 to 1,024"),
        ([2.0, 0.5, 2.0], "is faster than the sequence only somewhere between the ends, pieces = 4 to 1,024"),
    ],
)
def test_without_a_place_the_ends_of_what_was_measured_are_told(tmp_path, times, said):
    records = sequence() + runs("thread_pool", dict(zip(FALLING, times, strict=True)))
    assert drawn(tmp_path, records).answers == [f"task_size on 3.14: thread_pool × 2 {said}."]


def test_too_few_rounds_make_no_claim(tmp_path):
    assert drawn(tmp_path, sequence(rounds=3) + runs("thread_pool", FALLING, rounds=3)).answers == [
        "task_size on 3.14: thread_pool × 2: 3 rounds are too few to say where it is faster than the sequence; the medians are "
        "equal at pieces = 256."
    ]


def changed(tmp_path, **changes):
    made = tables.tables(load(write_result_set(tmp_path, sequence() + runs("thread_pool", FALLING))))
    return size.draw({**made, "break_even": made["break_even"].assign(**changes)})


def test_what_the_rounds_do_not_show_is_said_so(tmp_path):
    found = changed(tmp_path, kind="unclear", value=math.nan, value_low=math.nan, value_high=math.nan)
    assert found.answers == [
        "task_size on 3.14: thread_pool × 2: where it is faster than the sequence is not shown, pieces = 4 to 1,024."
    ]
    assert [
        line for line in found.figure.axes[0].lines if line.get_linestyle() == "-" and len(line.get_xdata()) == 2
    ] == []


@pytest.mark.parametrize(
    ("kind", "low", "high", "said"),
    [
        ("up to", 0.0, 384.0, "up to pieces = 256 [0, 384], if at all"),
        ("up to", 108.0, math.inf, "up to pieces = 256 [108, ∞]"),
        ("from", 108.0, math.inf, "from pieces = 256 [108, ∞] on, if at all"),
        ("from", 0.0, 384.0, "from pieces = 256 [0, 384] on"),
    ],
)
def test_an_interval_that_does_not_exclude_never_is_said_to(tmp_path, kind, low, high, said):
    found = changed(tmp_path, kind=kind, value_low=low, value_high=high)
    assert found.answers == [f"task_size on 3.14: thread_pool × 2 is faster than the sequence {said}."]


def test_the_break_even_is_a_line_with_its_interval_as_a_band_in_the_backend_s_colour(tmp_path):
    (axes,) = changed(tmp_path, value=200.0, value_low=100.0, value_high=300.0).figure.axes
    (band,) = axes.patches
    (line,) = [one for one in axes.lines if list(one.get_xdata()) == [200, 200]]
    assert (band.get_x(), band.get_width()) == (100, 200)
    assert line.get_color() == _style.look("thread_pool")[0]
    assert [text.get_text().strip() for text in axes.texts] == ["200"]


def test_a_band_without_end_ends_with_the_axis(tmp_path):
    (axes,) = changed(tmp_path, value_low=100.0, value_high=math.inf).figure.axes
    (band,) = axes.patches
    assert band.get_x() + band.get_width() == pytest.approx(axes.get_xlim()[1])


def test_of_several_numbers_of_workers_the_most_up_to_the_cpus_is_drawn(tmp_path):
    records = sequence() + [one for workers in (1, 2, 4) for one in runs("thread_pool", FALLING, workers=workers)]
    found = drawn(tmp_path, records)
    assert list(lines(found.figure.axes[0])) == ["sequential", "thread_pool × 2"]
    assert len(found.answers) == 1


def test_parameters_of_one_backend_have_dashes_of_their_own(tmp_path):
    records = (
        sequence() + runs("process_pool", FALLING) + runs("process_pool", FALLING, backend_params={"chunksize": 4})
    )
    (axes,) = drawn(tmp_path, records).figure.axes
    styles = {one.get_label(): one[0].get_linestyle() for one in axes.containers}
    assert styles == {"sequential": "-", "process_pool × 2": "-", "process_pool, chunksize=4 × 2": "--"}


def test_the_time_that_counts_is_drawn(tmp_path):
    records = runs("sequential", dict.fromkeys(FALLING, 1.0), start="together")
    records += runs("thread_pool", FALLING, start="together")
    assert set(drawn(tmp_path, records).data["time_s"]) == {0.8, 0.4}  # the work of make_sample's tasks


def test_with_weak_scaling_the_time_is_that_of_one_list(tmp_path):
    records = sequence(scaling="weak") + runs("thread_pool", FALLING, scaling="weak")
    assert lines(drawn(tmp_path, records).figure.axes[0])["thread_pool × 2"] == [(4, 0.25), (64, 0.25), (1024, 1)]


def test_control_runs_are_left_out(tmp_path):
    control = runs("process", FALLING, start="together")
    roles = {one["run"]: "ceiling" for one in control}
    records = sequence() + runs("thread_pool", FALLING) + control
    assert list(lines(drawn(tmp_path, records, roles=roles).figure.axes[0])) == ["sequential", "thread_pool × 2"]


def test_a_workload_that_a_build_lacks_has_no_panel_there(tmp_path):
    records = sequence(workload="a") + runs("thread_pool", FALLING, workload="a")
    for python in ("3.14", "3.14t"):
        own = {"workload": "b", "python": python}
        records += sequence(**own) + runs("thread_pool", FALLING, **own)
    axes = drawn(tmp_path, records).figure.axes
    assert [one.get_title() for one in axes if one.axison] == ["a · 3.14", "b · 3.14", "b · 3.14t"]


def test_no_parameter_that_grows_is_missing(tmp_path):
    records = runs("sequential", {4: 1.0, 64: 1.0}) + runs("thread_pool", {4: 1.0, 64: 1.0})
    message = r"^no parameter of a workload takes three sizes or more, each measured in sequence, too$"
    with pytest.raises(_style.Missing, match=message):
        drawn(tmp_path, records)
