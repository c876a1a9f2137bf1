import math

import matplotlib as mpl
import pandas as pd
import pytest
from gil_scaling.analysis.columns import names
from gil_scaling.analysis.figures import _style, karp_flatt

KEYS = {"experiment": "e", "workload": "py_loop", "params": "{}", "backend_params": "{}", "switch_interval_s": math.nan}
KEYS |= {"start": "natural", "scaling": "strong", "python": "3.14"}


def cell(backend, workers, fraction, **changes):
    own = {"backend": backend, "workers": workers, "workers_asked": str(workers), "karp_flatt": fraction}
    return {**KEYS, "role": "asked", "usable_cpus": 2, "rounds_ok": 6, **own, **changes}


def fit(backend, serial, low, high, **changes):
    ends = {"serial": serial, "serial_low": low, "serial_high": high}
    return {**KEYS, "backend": backend, "worker_counts": 4, "rounds": 6, **ends, **changes}


def drawn(cells, fits=()):
    found = {
        "summary": pd.DataFrame(cells, columns=names("summary")),
        "scaling": pd.DataFrame(fits, columns=names("scaling")),
    }
    whole = dict.fromkeys(("workers", "usable_cpus", "rounds_ok"), "Int64")
    return karp_flatt.draw({**found, "summary": found["summary"].astype(whole)})


def shown(found):
    """{(line, column): text} of the cells."""
    (axes,) = found.figure.axes
    texts = [text for text in axes.texts if type(text) is mpl.text.Text]
    lines = [label.get_text() for label in axes.get_yticklabels()]
    return {(lines[int(text.get_position()[1])], int(text.get_position()[0])): text.get_text() for text in texts}


def test_each_workload_and_backend_has_a_line_and_each_build_and_number_of_workers_a_column():
    cells = [
        cell("process", 2, 0.1),
        cell("thread", 2, 1.0),
        cell("thread", 4, 1.25),
        cell("thread", 2, 0.05, python="3.14t"),
    ]
    found = drawn(cells)
    assert shown(found) == {
        ("py_loop · thread", 0): "1.00",
        ("py_loop · thread", 1): "1.25",
        ("py_loop · thread", 2): "0.05",
        ("py_loop · process", 0): "0.10",
    }
    assert [label.get_text() for label in found.figure.axes[0].get_xticklabels()] == ["2", "4", "2"]


def test_the_builds_stand_above_the_middle_of_their_columns():
    cells = [cell("thread", workers, 1.0, python=python) for python in ("3.14", "3.14t") for workers in (2, 4)]
    (axes,) = drawn(cells).figure.axes
    builds = {text.get_text(): text.xy[0] for text in axes.texts if isinstance(text, mpl.text.Annotation)}
    assert builds == {"3.14": 0.5, "3.14t": 2.5}


def test_cells_are_light_at_0_and_as_dark_as_at_1_beyond():
    cells = [
        cell(backend, 2, value)
        for backend, value in (("thread", -0.2), ("process", 0.0), ("asyncio", 1.0), ("mine", 7.5))
    ]
    below, least, most, beyond = (patch.get_facecolor() for patch in drawn(cells).figure.axes[0].patches)
    assert (below, most) == (least, beyond)
    assert sum(least[:3]) > 2.5 > 1 > sum(most[:3])


def test_large_fractions_stand_in_whole_numbers():
    assert list(shown(drawn([cell("thread", 2, 6791.7)])).values()) == ["6,792"]


def test_numbers_of_workers_beyond_the_cpus_are_grey_and_said_so():
    found = drawn([cell("thread", 2, 1.0), cell("thread", 4, 1.0)])
    assert [label.get_color() for label in found.figure.axes[0].get_xticklabels()] == ["0.15", "0.55"]
    assert found.reading.endswith(
        "From medians over 6 rounds, without intervals. Grey numbers of workers: more than the CPUs that they may use; the "
        "missing CPUs count as serial."
    )


def test_rounds_are_told_from_the_fewest_to_the_most():
    found = drawn([cell("thread", 2, 1.0, rounds_ok=1), cell("process", 2, 1.0, rounds_ok=6)])
    assert found.reading.endswith("From medians over 1 to 6 rounds, without intervals.")


def test_fits_give_amdahl_s_serial_fraction_with_its_interval():
    cells = [cell("thread", 2, 0.05, python="3.14t"), cell("process", 2, 0.1)]
    fits = [
        fit("thread", 0.04, 0.03, 0.06, python="3.14t"),
        fit("thread", 0.9, 0.8, 1.0, python="3.14", start="together"),
    ]
    assert drawn(cells, fits).answers == [
        "Amdahl's serial fraction of py_loop with thread on 3.14t is 0.04 [0.03, 0.06] over 4 worker counts."
    ]


def test_a_fit_of_few_rounds_has_no_interval():
    fits = [fit("thread", 0.04, math.nan, math.nan, rounds=3)]
    assert drawn([cell("thread", 2, 0.05)], fits).answers == [
        "Amdahl's serial fraction of py_loop with thread on 3.14 is about 0.04 over 4 worker counts; 3 rounds are too few for "
        "an interval."
    ]


def test_without_fits_the_ends_of_each_workload_are_described():
    cells = [
        cell("thread", 2, 1.0),
        cell("process", 2, 0.1),
        cell("process", 4, 0.5),
        cell("thread", 2, 0.3, workload="other"),
    ]
    assert drawn(cells).answers == [
        "other: the serial fraction is about 0.30 with thread × 2 on 3.14, without an interval.",
        "py_loop: the serial fraction goes from about 0.10 with process × 2 on 3.14 to about 1.00 with thread × 2 on 3.14, "
        "without intervals.",
    ]


def test_control_runs_and_default_numbers_of_workers_are_left_out():
    cells = [
        cell("thread", 2, 1.0),
        cell("process", 2, 0.1, role="ceiling"),
        cell("process", 2, 0.1, workers_asked="default"),
    ]
    assert list(drawn(cells).data["series"]) == ["thread"]


def test_no_fraction_is_missing():
    with pytest.raises(_style.Missing, match=r"^no speedup with two workers or more$"):
        drawn([cell("thread", 1, math.nan)])


@pytest.mark.parametrize("workload", ["b", "a_workload_with_a_long_name", "WIDEWIDEWIDEWIDEWIDEWIDE"])
def test_names_fit_into_the_figure_and_leave_the_cells_their_width(workload):
    figure = drawn([cell("multiprocessing_pool", 2, 1.0, workload=workload)]).figure
    figure.draw_without_rendering()
    (axes,) = figure.axes
    assert axes.get_tightbbox().x0 >= 0
    assert axes.get_window_extent().width >= 0.45 * figure.dpi
