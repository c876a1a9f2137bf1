import math

import pandas as pd
import pytest
from gil_scaling.analysis.figures import karp_flatt
from gil_scaling.analysis.figures.drawing import Missing
from matplotlib.colors import to_rgb

from tests.analysis.figures.support import cells_of, titles_above

KINDS = {"thread": "threads", "process": "processes", "asyncio": "coroutines"}


def cell(backend, workers, fraction, **changes):
    names = {
        "experiment": "e",
        "panel": "py_loop",
        "series": backend,
        "build": "3.14",
        "label": f"{backend} × {workers}",
    }
    counts = {"workers": workers, "workers_asked": str(workers), "usable_cpus": 2, "rounds_ok": 6}
    kind = KINDS.get(backend, "threads")
    return {
        **names,
        **counts,
        "backend": backend,
        "backend_kind": kind,
        "role": "asked",
        "karp_flatt": fraction,
        **changes,
    }


def fit(backend, serial, low, high, **changes):
    names = {"experiment": "e", "panel": "py_loop", "series": backend, "build": "3.14"}
    ends = {"serial": serial, "serial_low": low, "serial_high": high}
    return {**names, "worker_counts": 4, "rounds": 6, **ends, **changes}


def drawn(cells, fits=()):
    summary = pd.DataFrame(cells).astype(dict.fromkeys(("workers", "usable_cpus", "rounds_ok"), "Int64"))
    scaling = pd.DataFrame(fits, columns=list(fit("thread", 0, 0, 0)))
    return karp_flatt.draw({"summary": summary, "scaling": scaling})


def test_each_build_and_number_of_workers_has_a_column():
    cells = [
        cell("process", 2, 0.1),
        cell("thread", 2, 1.0),
        cell("thread", 4, 1.25),
        cell("thread", 2, 0.05, build="3.14t"),
    ]
    (axes,) = drawn(cells).figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["py_loop · thread", "py_loop · process"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["2", "4", "2"]
    assert [text.get_text() for text in axes.texts[:4]] == ["1.00", "1.25", "0.05", "0.10"]
    assert titles_above(axes) == {"3.14": 1, "3.14t": 2.5}


def test_cells_are_light_at_0_and_as_dark_as_at_1_beyond():
    backends = (("thread", -0.2), ("process", 0.0), ("asyncio", 1.0), ("mine", 7.5))
    (axes,) = drawn([cell(backend, 2, value) for backend, value in backends]).figure.axes
    colours = {line: colour for (_, line), (_, colour) in cells_of(axes).items()}
    below, least, most, beyond = (colours[f"py_loop · {backend}"] for backend, _ in backends)
    assert (below, most) == (least, beyond)
    assert sum(to_rgb(least)) > 2.5 > 1 > sum(to_rgb(most))


def test_large_fractions_are_whole_numbers():
    (axes,) = drawn([cell("thread", 2, 6791.7)]).figure.axes
    assert cells_of(axes)["2", "py_loop · thread"][0] == "6,792"


def test_numbers_of_workers_beyond_the_cpus_are_grey():
    found = drawn([cell("thread", 2, 1.0), cell("thread", 4, 1.0)])
    within, beyond = (label.get_color() for label in found.figure.axes[0].get_xticklabels())
    assert (within != beyond, beyond) == (True, "0.55")
    assert found.reading.endswith(
        "From medians over 6 rounds, without intervals. Grey numbers of workers: more than the usable CPUs; the missing "
        "CPUs count as serial."
    )


def test_the_caption_gives_the_range_of_rounds():
    found = drawn([cell("thread", 2, 1.0, rounds_ok=1), cell("process", 2, 1.0, rounds_ok=6)])
    assert found.reading.endswith("From medians over 1 to 6 rounds, without intervals.")


def test_a_sentence_gives_amdahl_s_fraction_of_a_fit():
    cells = [cell("thread", 2, 0.05, build="3.14t"), cell("process", 2, 0.1)]
    fits = [
        fit("thread", 0.04, 0.03, 0.06, build="3.14t"),
        fit("thread", 0.9, 0.8, 1.0, build="3.14", series="process_pool"),
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


def test_sentences_without_fits_give_the_extremes():
    cells = [
        cell("thread", 2, 1.0),
        cell("process", 2, 0.1),
        cell("process", 4, 0.5),
        cell("thread", 2, 0.3, panel="other"),
    ]
    assert drawn(cells).answers == [
        "other: the serial fraction is about 0.30 with thread × 2 on 3.14, without an interval.",
        "py_loop: the serial fraction ranges from about 0.10 with process × 2 on 3.14 to about 1.00 with thread × 2 on 3.14, "
        "without intervals.",
    ]


def test_control_runs_and_default_workers_are_left_out():
    cells = [
        cell("thread", 2, 1.0),
        cell("process", 2, 0.1, role="ceiling"),
        cell("process", 2, 0.1, workers_asked="default"),
    ]
    assert list(drawn(cells).data["series"]) == ["thread"]


def test_no_fraction_is_missing():
    with pytest.raises(Missing, match=r"^no speedup with two workers or more$"):
        drawn([cell("thread", 1, math.nan)])
