from itertools import pairwise

import pytest
from gil_scaling.analysis.figures import gains
from gil_scaling.analysis.figures.drawing import Missing
from matplotlib.text import Annotation

from tests.analysis.figures.support import (
    assert_no_text_is_cut,
    cells_of,
    make_tables_of_sets,
    titles_above,
)
from tests.support import make_tables, sweep_records

BUILDS = {"3.14": {}, "3.14t": {"free_threaded": True, "gil": False}}
BLUE, ORANGE, GREEN, GREY, WHITE = "#56a5d8", "#e8945a", "#cfe3c8", "#e4e4e4", "#fafafa"
UNPAIRED = " Rounds of different calls are not paired: the machine may have changed between them."
LONG = "a-machine-with-a-label-of-sixty-characters-of-which-is-this1"


def runs(python, times, tag="", **spec):
    """Records of a build; times: {backend: [total_s of round 1, 2 …]}; tag makes their names unique."""
    return [{**one, "run": f"{tag}{one['run']}"} for one in sweep_records(times, python=python, **spec)]


def drawn(tmp_path, *parts):
    """Drawn from one result set, as the report of a sweep draws it."""
    records = [one for part in parts for one in part]
    builds = {name: BUILDS.get(name, {}) for name in {one["spec"]["python"] for one in records}}
    return gains.draw(make_tables(tmp_path, records, builds=builds))


def drawn_of_sets(tmp_path, label, *parts):
    return gains.draw(make_tables_of_sets(tmp_path, label, parts))


@pytest.fixture
def twice(tmp_path):
    """A build that is twice as fast with two threads, and slower when sequential."""
    base = runs("3.14", {"sequential": [4.0] * 6, "thread": [4.0] * 6})
    return drawn(tmp_path, base, runs("3.14t", {"sequential": [5.0] * 6, "thread": [2.0] * 6}))


def test_the_sentence_of_a_pair_gives_the_extremes(twice):
    assert twice.answers == [
        "3.14t against 3.14, the same code in experiment e: slower on 1 of 2 combinations, faster on 1; from 0.80× the "
        "speed [0.80, 0.80] (py_loop, sequential) to 2.00× the speed [2.00, 2.00] (py_loop, thread × 2)."
    ]
    assert twice.reading == (
        "How many times as fast the same backend with the same workers is, at the default switch interval; above 1 the first one is "
        "faster. Brackets: 95 % confidence intervals where there is a claim. Paired within each round."
    )


def test_a_cell_has_the_gain_and_the_colour_of_its_claim(tmp_path):
    times = {"sequential": [4.0] * 6, "thread": [4.0] * 6, "process": [4.0] * 6, "thread_pool": [4.0] * 6}
    other = {"sequential": [5.0] * 6, "thread": [2.0] * 6, "process": [4.1] * 6, "thread_pool": [2.0, 8.0] * 3}
    found = drawn(tmp_path, runs("3.14", times), runs("3.14t", other))
    (axes,) = found.figure.axes
    assert cells_of(axes) == {
        ("py_loop", "sequential"): ("0.80 [0.80, 0.80]", ORANGE),
        ("py_loop", "thread × 2"): ("2.00 [2.00, 2.00]", BLUE),
        ("py_loop", "thread_pool × 2"): ("1.00 [0.50, 2.00]", GREY),
        ("py_loop", "process × 2"): ("0.98 [0.98, 0.98]", GREEN),
    }
    legend = [text.get_text() for text in found.figure.legends[0].get_texts()]
    assert legend == ["faster", "slower", "the same within 5 %", "no difference shown"]


def test_sequential_is_on_top_and_processes_below_threads(tmp_path):
    times = {"process": [4.0] * 6, "thread": [4.0] * 6, "sequential": [4.0] * 6}
    (axes,) = drawn(tmp_path, runs("3.14", times), runs("3.14t", times)).figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["sequential", "thread × 2", "process × 2"]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]


def test_too_few_rounds_are_white_and_make_no_claim(tmp_path):
    found = drawn(tmp_path, runs("3.14", {"sequential": [4.0] * 3}), runs("3.14t", {"sequential": [2.0] * 3}))
    assert cells_of(found.figure.axes[0]) == {("py_loop", "sequential"): ("2.00 [2.00, 2.00]", WHITE)}
    assert found.answers == [
        "3.14t against 3.14, the same code in experiment e: too few rounds for a claim; 2.00× the speed "
        "[2.00, 2.00] (py_loop, sequential)."
    ]


def test_one_machine_at_two_times_is_compared_unpaired(tmp_path):
    earlier = runs("3.14", {"sequential": [4.0, 4.1, 4.2, 4.3, 4.4, 4.5]})
    found = drawn_of_sets(tmp_path, "m", earlier, runs("3.14", {"sequential": [8.0] * 6}))
    assert found.answers == [
        "m 2026-01-02 · 3.14 against m 2026-01-01, the build of the same name and the same code in experiment e: slower; 0.53× the speed [0.50, 0.56] "
        "(py_loop, sequential).",
        "py_loop, sequential on m 2026-01-02 · 3.14 is slower: 0.53× the speed on m 2026-01-01 [0.50, 0.56].",
    ]
    assert found.reading.endswith(UNPAIRED)


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"workload_digest": "1" * 16}, "the build of the same name, but another source of py_loop,"),
        ({"backend_digest": "1" * 16}, "the build of the same name, but another source of thread,"),
        ({}, "the build of the same name and the same code"),
    ],
)
def test_another_source_is_never_the_same_code(changed, what, tmp_path):
    times = {"sequential": [4.0] * 6, "thread": [4.0] * 6}
    later = runs("3.14", times)
    for one in later:
        if one["spec"]["backend"] == "thread" or "workload_digest" in changed:
            one["spec"].update(changed)
    found = drawn_of_sets(tmp_path, "m", runs("3.14", times), later)
    assert found.answers[0].startswith(f"m 2026-01-02 · 3.14 against m 2026-01-01, {what} in experiment e: ")


@pytest.fixture
def again(tmp_path):
    """Two builds at two times."""
    both = [*runs("3.14", {"sequential": [4.0] * 6}), *runs("3.14t", {"sequential": [5.0] * 6})]
    return drawn_of_sets(tmp_path, "example-computer", both, both)


def test_a_title_does_not_repeat_the_same_machine(again):
    (axes,) = again.figure.axes
    assert list(titles_above(axes)) == [
        "example-computer 2026-01-02 ·\n3.14 against example-computer\n2026-01-01",
        "example-computer 2026-01-02 ·\n3.14t against example-computer\n2026-01-01",
        "example-computer 2026-01-01 ·\n3.14t against 3.14",
        "example-computer 2026-01-02 ·\n3.14t against 3.14",
    ]


def test_the_caption_names_pairs_that_are_not_paired(again):
    assert set(again.data["pairing"]) == {"paired", "unpaired"}
    assert again.reading.endswith(UNPAIRED)


@pytest.fixture
def two_pairs(tmp_path):
    """Two builds against a third, on two workloads."""
    parts = [
        runs(python, {"sequential": [total_s] * 6}, workload, workload=workload)
        for python, total_s in (("3.14", 4.0), ("3.14t", 2.0), ("3.9", 8.0))
        for workload in ("fib", "sort")
    ]
    return drawn(tmp_path, *parts)


def test_a_title_is_above_the_columns_of_its_pair(two_pairs):
    (axes,) = two_pairs.figure.axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["fib", "sort", "geometric mean"] * 2
    assert titles_above(axes) == {"3.14t against 3.14": 1.5, "3.9 against 3.14": 4.5}


def test_sentences_give_the_means_of_each_pair(two_pairs):
    assert [sentence.partition(",")[0] for sentence in two_pairs.answers] == [
        "3.14t against 3.14",
        "sequential on 3.14t is faster: 2.00× the speed on 3.14 [2.00",
        "3.9 against 3.14",
        "sequential on 3.9 is slower: 0.50× the speed on 3.14 [0.50",
    ]


def of_workloads(times, **spec):
    """Records of 3.14, at 4 s, and of 3.14t, of several workloads; times: {workload: [total_s of 3.14t]}."""
    return [
        one
        for workload, totals in times.items()
        for python, own in (("3.14", [4.0] * 6), ("3.14t", totals))
        for one in runs(python, {"sequential": own, "thread": own}, workload, workload=workload, **spec)
    ]


def test_several_workloads_have_a_geometric_mean(tmp_path):
    found = drawn(tmp_path, of_workloads({"fib": [1.0] * 6, "sort": [4.0] * 6}))
    (axes,) = found.figure.axes
    assert cells_of(axes)["geometric mean", "sequential"] == ("2.00 [2.00, 2.00]", BLUE)
    assert found.answers[1:] == [
        "sequential on 3.14t is faster: 2.00× the speed on 3.14 [2.00, 2.00], in the geometric mean of 2 workloads.",
        "thread × 2 on 3.14t is faster: 2.00× the speed on 3.14 [2.00, 2.00], in the geometric mean of 2 workloads.",
    ]


def test_one_workload_has_no_mean(twice):
    assert [label.get_text() for label in twice.figure.axes[0].get_xticklabels()] == ["py_loop"]


def test_a_mean_of_few_rounds_gives_their_number(tmp_path):
    parts = [
        [
            one
            for workload in ("fib", "sort")
            for one in runs("3.14", {"sequential": [4.0] * rounds}, workload, workload=workload)
        ]
        for rounds in (3, 5)
    ]
    assert drawn_of_sets(tmp_path, "m", *parts).answers[3:] == [
        "sequential on m 2026-01-02 · 3.14 is 1.00× the speed on m 2026-01-01, from 1.00 to 1.00 in 3 rounds, too few for a "
        "claim, in the geometric mean of 2 workloads."
    ]


def test_the_mean_of_threads_is_at_as_many_workers_as_cpus(tmp_path):
    times = {"fib": [2.0] * 6, "sort": [2.0] * 6}
    more = [{**one, "run": f"w{one['run']}"} for one in of_workloads(times, workers=4) if one["spec"]["workers"] == 4]
    fewer = [{**one, "run": f"v{one['run']}"} for one in of_workloads(times, workers=1)]
    fewer = [one for one in fewer if one["spec"]["backend"] == "thread"]
    found = drawn(tmp_path, fewer, more, of_workloads(times))
    assert [sentence.split(" on ")[0] for sentence in found.answers[1:]] == ["sequential", "thread × 2"]


def test_only_the_default_switch_interval_is_shown(tmp_path):
    parts = [runs(python, {"sequential": [4.0] * 6}) for python in BUILDS]
    for interval_s, total_s in ((0.1, 1.0), (0.004, 2.0)):
        for python, own in (("3.14", [2.0] * 6), ("3.14t", [total_s] * 6)):
            made = runs(python, {"thread": own}, f"i{interval_s}")
            parts.append([{**one, "spec": {**one["spec"], "switch_interval_s": interval_s}} for one in made])
    (axes,) = drawn(tmp_path, *parts).figure.axes
    assert cells_of(axes)["py_loop", "thread × 2"] == ("1.00 [1.00, 1.00]", GREEN)
    assert len(cells_of(axes)) == 2


def test_pairs_that_do_not_fit_are_in_caption_and_sentences(tmp_path):
    totals = {f"3.{minor}": 4.0 for minor in range(8)} | {"3.8": 2.0}
    parts = [
        runs(python, {"sequential": [total_s] * 6}, workload, workload=workload)
        for python, total_s in totals.items()
        for workload in ("fib", "sort")
    ]
    found = drawn(tmp_path, *parts)
    assert "Of 8 pairs 6 are drawn; changes.csv has all." in found.reading
    shown = dict.fromkeys(title for axes in found.figure.axes for title in titles_above(axes))
    assert list(shown) == [f"3.{minor} against 3.0" for minor in range(1, 7)]
    assert [text.get_text() for text in found.figure.legends[0].get_texts()] == ["the same within 5 %"]
    assert len(found.answers) == len(found.data) == 16


def test_six_pairs_all_fit(tmp_path):
    parts = [runs(f"3.{minor}", {"sequential": [4.0] * 6}) for minor in range(7)]
    assert "are drawn" not in drawn(tmp_path, *parts).reading


def test_long_names_neither_overlap_nor_are_cut(tmp_path):
    workload = "a_workload_with_a_name_that_is_long"
    both = [one for python in BUILDS for one in runs(python, {"sequential": [4.0] * 6}, workload=workload)]
    figure = drawn_of_sets(tmp_path, LONG, both, both).figure
    assert_no_text_is_cut(figure)
    for axes in figure.axes:
        above = [text.get_window_extent() for text in axes.texts if isinstance(text, Annotation)]
        names = [label.get_window_extent() for label in axes.get_xticklabels()]
        assert all(left.x1 < right.x0 for row in (above, names) for left, right in pairwise(row))
        assert max(name.y1 for name in names) <= min(title.y0 for title in above)


def test_one_build_alone_is_missing(tmp_path):
    reason = r"^no build is compared with another one, nor a machine with itself at another time$"
    with pytest.raises(Missing, match=reason):
        drawn(tmp_path, runs("3.14", {"sequential": [4.0] * 6}))
