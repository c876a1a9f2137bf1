import math
from collections import ChainMap

import pytest
from gil_scaling.analysis.figures import break_even_sizes, looks
from gil_scaling.analysis.figures.drawing import Missing

from tests.analysis.figures.support import lines, titles
from tests.support import make_record, make_sample, make_tables

FALLING = {4: 0.5, 64: 0.5, 1024: 2.0}  # from faster to slower than sequential: with more pieces the tasks are smaller


def runs(backend, times, rounds=6, python="3.14", workers=None, **spec):
    """Records of a backend: times is {number of pieces: total_s}, the same in all rounds."""
    workers = workers or (1 if backend == "sequential" else 2)
    spec = {"workload": "task_size", "backend": backend, "workers": workers, "python": python, **spec}
    spec["switch_interval_s"] = None
    records = []
    for value, total_s in times.items():
        for number in range(1, rounds + 1):
            own = {**spec, "round": number, "params": {"pieces": value, "turns": 10}}
            label = f"{spec['workload']}-{backend}-{python}-{workers}-{value}-{number}-{spec.get('backend_params')}"
            records.append(make_record(label, samples=[make_sample(total_s, workers=workers)], spec=own))
    return records


def sequential(**options):
    return runs("sequential", {4: 1.0, 64: 1.0, 1024: 1.0}, **options)


def draw(folder, records, **options):
    return break_even_sizes.draw(make_tables(folder, records, **options))


def points(axes):
    return {label: list(zip(*line.get_data(), strict=True)) for label, line in lines(axes).items()}


def test_time_is_drawn_by_the_parameter_on_logarithmic_scales(tmp_path):
    figure = draw(tmp_path, sequential() + runs("thread_pool", FALLING)).figure
    (axes,) = figure.axes
    assert points(axes) == {
        "sequential": [(4, 1), (64, 1), (1024, 1)],
        "thread_pool × 2": [(4, 0.5), (64, 0.5), (1024, 2)],
    }
    assert (axes.get_xscale(), axes.get_yscale(), axes.get_xlabel()) == ("log", "log", "pieces")
    assert titles(figure) == ["task_size · 3.14"]


@pytest.mark.parametrize(
    ("times", "text"),
    [
        ([0.5, 0.5, 2.0], "is faster than sequential up to pieces = 256 [171, 704]"),
        ([2.0, 2.0, 0.5], "is faster than sequential from pieces = 256 [93.1, 384] on"),
        ([0.5, 0.5, 0.5], "is faster than sequential at all sizes measured (pieces = 4 to 1,024)"),
        ([2.0, 2.0, 2.0], "is faster than sequential at no size measured (pieces = 4 to 1,024)"),
        ([2.0, 0.5, 2.0], "is faster than sequential only at sizes in the middle (pieces = 4 to 1,024)"),
    ],
    ids=["up to", "from", "always", "never", "between"],
)
def test_answers_give_the_break_even_or_the_measured_sizes(tmp_path, times, text):
    records = sequential() + runs("thread_pool", dict(zip(FALLING, times, strict=True)))
    assert draw(tmp_path, records).answers == [f"task_size on 3.14: thread_pool × 2 {text}."]


def test_too_few_rounds_make_no_claim(tmp_path):
    assert draw(tmp_path, sequential(rounds=3) + runs("thread_pool", FALLING, rounds=3)).answers == [
        "task_size on 3.14: thread_pool × 2: 3 rounds are too few to say where it is faster than sequential; the medians are "
        "equal at pieces = 256."
    ]


def draw_changed(folder, **changes):
    """The figure of a pool with changes to its break-even."""
    tables = make_tables(folder, sequential() + runs("thread_pool", FALLING))
    return break_even_sizes.draw(ChainMap({"break_even": tables["break_even"].assign(**changes)}, tables))


def test_an_unclear_break_even_is_not_drawn(tmp_path):
    drawn = draw_changed(tmp_path, kind="unclear", value=math.nan, value_low=math.nan, value_high=math.nan)
    assert drawn.answers == [
        "task_size on 3.14: thread_pool × 2: where it is faster than sequential is not shown, pieces = 4 to 1,024."
    ]
    (axes,) = drawn.figure.axes
    assert [len(line.get_xdata()) for line in axes.lines] == [3, 3] and not axes.patches


@pytest.mark.parametrize(
    ("kind", "low", "high", "text"),
    [
        ("up to", 0.0, 384.0, "up to pieces = 256 [0, 384], if at all"),
        ("up to", 108.0, math.inf, "up to pieces = 256 [108, ∞]"),
        ("from", 108.0, math.inf, "from pieces = 256 [108, ∞] on, if at all"),
        ("from", 0.0, 384.0, "from pieces = 256 [0, 384] on"),
    ],
)
def test_answers_say_where_the_interval_includes_never(tmp_path, kind, low, high, text):
    answers = draw_changed(tmp_path, kind=kind, value_low=low, value_high=high).answers
    assert answers == [f"task_size on 3.14: thread_pool × 2 is faster than sequential {text}."]


def test_break_even_is_a_line_in_a_band_in_the_backend_colour(tmp_path):
    (axes,) = draw_changed(tmp_path, value=200.0, value_low=100.0, value_high=300.0).figure.axes
    (band,) = axes.patches
    (line,) = [line for line in axes.lines if list(line.get_xdata()) == [200, 200]]
    assert (band.get_x(), band.get_width()) == (100, 200)
    assert line.get_color() == lines(axes)["thread_pool × 2"].get_color() != looks.INK
    assert [text.get_text().strip() for text in axes.texts] == ["200"]


def test_a_band_without_end_ends_with_the_axis(tmp_path):
    (axes,) = draw_changed(tmp_path, value_low=100.0, value_high=math.inf).figure.axes
    (band,) = axes.patches
    assert band.get_x() + band.get_width() == pytest.approx(axes.get_xlim()[1])


def test_the_most_workers_up_to_the_cpus_are_drawn(tmp_path):
    records = sequential() + [run for workers in (1, 2, 4) for run in runs("thread_pool", FALLING, workers=workers)]
    drawn = draw(tmp_path, records)
    assert list(lines(drawn.figure.axes[0])) == ["sequential", "thread_pool × 2"]
    assert len(drawn.answers) == 1


def test_params_of_a_backend_have_different_dashes(tmp_path):
    records = sequential() + runs("process_pool", FALLING)
    (axes,) = draw(tmp_path, records + runs("process_pool", FALLING, backend_params={"chunksize": 4})).figure.axes
    dashes = {label: line.get_linestyle() for label, line in lines(axes).items()}
    assert dashes.pop("sequential") == "-"
    assert set(dashes) == {"process_pool × 2", "process_pool, chunksize=4 × 2"} and set(dashes.values()) == {"-", "--"}


def test_the_time_that_counts_is_drawn(tmp_path):
    records = runs("sequential", dict.fromkeys(FALLING, 1.0), start="together")
    records += runs("thread_pool", FALLING, start="together")
    assert set(draw(tmp_path, records).data["time_s"]) == {0.8, 0.4}  # the work of make_sample's tasks


def test_weak_scaling_shows_the_time_of_one_list(tmp_path):
    records = sequential(scaling="weak") + runs("thread_pool", FALLING, scaling="weak")
    assert points(draw(tmp_path, records).figure.axes[0])["thread_pool × 2"] == [(4, 0.25), (64, 0.25), (1024, 1)]


def test_ceiling_runs_are_left_out(tmp_path):
    control = runs("process", FALLING, start="together")
    roles = {record["run"]: "ceiling" for record in control}
    records = sequential() + runs("thread_pool", FALLING) + control
    assert list(lines(draw(tmp_path, records, roles=roles).figure.axes[0])) == ["sequential", "thread_pool × 2"]


def test_a_workload_that_a_build_lacks_has_no_panel(tmp_path):
    records = sequential(workload="a") + runs("thread_pool", FALLING, workload="a")
    for python in ("3.14", "3.14t"):
        own = {"workload": "b", "python": python}
        records += sequential(**own) + runs("thread_pool", FALLING, **own)
    assert titles(draw(tmp_path, records).figure) == ["a · 3.14", "b · 3.14", "b · 3.14t"]


def test_two_sizes_are_missing(tmp_path):
    records = runs("sequential", {4: 1.0, 64: 1.0}) + runs("thread_pool", {4: 1.0, 64: 1.0})
    message = r"^no parameter of a workload takes three sizes or more that were measured with sequential, too$"
    with pytest.raises(Missing, match=message):
        draw(tmp_path, records)
