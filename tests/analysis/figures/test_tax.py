import pandas as pd
import pytest
from gil_scaling.analysis.columns import names
from gil_scaling.analysis.figures import tax
from gil_scaling.analysis.figures.drawing import Missing

from tests.support import make_tables, sweep_records

BUILDS = {
    "3.14": {},
    "3.14t": {"free_threaded": True, "gil": False},
    "3.14t-gil": {"free_threaded": True, "gil": True},
}


def made(folder, times, builds=BUILDS):
    """The tables of sequential runs; times: {(build, workload): [total_s of round 1, 2 …]}."""
    records = []
    for (build, workload), totals in times.items():
        own = sweep_records({"sequential": totals}, python=build, workload=workload)
        records += [{**one, "run": f"{workload}-{one['run']}"} for one in own]
    builds = {name: facts for name, facts in builds.items() if any(name == build for build, _ in times)}
    return make_tables(folder, records, builds=builds)


@pytest.fixture
def three_builds(tmp_path):
    times = {("3.14", "py_loop"): 4.0, ("3.14t", "py_loop"): 5.0, ("3.14t-gil", "py_loop"): 6.0}
    times |= {("3.14", "fib"): 1.0, ("3.14t", "fib"): 1.0, ("3.14t-gil", "fib"): 2.0}
    return made(tmp_path, {key: [value] * 6 for key, value in times.items()})


def marks(axes):
    return {one.get_label(): one[0] for one in axes.containers}


def test_the_costliest_workload_is_on_top(three_builds):
    (axes,) = tax.draw(three_builds).figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["fib", "py_loop"]
    assert {name: list(one.get_xdata()) for name, one in marks(axes).items()} == {
        "3.14t": pytest.approx([1, 1.25]),
        "3.14t-gil": pytest.approx([2, 1.5]),
    }
    assert [round(place) for place in marks(axes)["3.14t"].get_ydata()] == [0, 1]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]


def test_the_interval_of_a_time_is_that_of_the_inverse_speedup(tmp_path):
    found = made(tmp_path, {("3.14", "fib"): [4.0] * 6, ("3.14t", "fib"): [4.0, 5.0, 6.0, 7.0, 8.0, 16.0]})
    (axes,) = tax.draw(found).figure.axes
    ((bar,),) = [one[2] for one in axes.containers]
    assert bar.get_segments()[0][:, 0] == pytest.approx([1, 4])


def test_builds_lie_below_each_other_within_their_line(three_builds):
    (axes,) = tax.draw(three_builds).figure.axes
    places = [one.get_ydata()[0] for one in marks(axes).values()]
    assert places[0] == pytest.approx(-places[1])
    assert -0.5 < places[0] < places[1] < 0.5


def test_a_sentence_gives_the_range_and_counts_differences(three_builds):
    assert tax.draw(three_builds).answers == [
        "3.14t, without the GIL, against 3.14, time at one worker: from +0 % [+0 %, +0 %] (fib) to +25 % [+25 %, +25 %] "
        "(py_loop); slower on 1 of 2 workloads, the same within 5 % on 1.",
        "3.14t-gil, with the GIL, against 3.14, time at one worker: from +50 % [+50 %, +50 %] (py_loop) to "
        "+100 % [+100 %, +100 %] (fib); slower on 2 of 2 workloads.",
    ]


def test_a_sentence_does_not_claim_an_uncertain_difference(tmp_path):
    found = made(tmp_path, {("3.14", "fib"): [4.0] * 6, ("3.14t", "fib"): [2.0, 8.0] * 3})
    assert tax.draw(found).answers == [
        "3.14t, without the GIL, against 3.14, time at one worker: +0 % [−50 %, +100 %] (fib); no difference shown."
    ]


def test_too_few_rounds_make_no_claim(tmp_path):
    drawn = tax.draw(made(tmp_path, {("3.14", "fib"): [4.0] * 3, ("3.14t", "fib"): [5.0] * 3}))
    assert drawn.answers == [
        "3.14t, without the GIL, against 3.14, time at one worker: +25 % [+25 %, +25 %] (fib); "
        "too few rounds for a claim."
    ]
    assert (
        "Hodges–Lehmann estimates of the ratios over 3 rounds; the bars are ranges (too few rounds for a confidence interval)."
        in drawn.reading
    )


def test_a_sentence_names_what_else_the_builds_differ_in(tmp_path):
    builds = {"3.14": {}, "3.9": {"version": "3.9.1", "compiler": "GCC 9"}}
    found = made(tmp_path, {("3.14", "fib"): [4.0] * 6, ("3.9", "fib"): [8.0] * 6}, builds)
    (sentence,) = tax.draw(found).answers
    assert sentence.endswith("(fib); slower; the two differ in version and compiler.")


def test_the_limit_of_pep_779_is_for_free_threaded_builds(tmp_path, three_builds):
    drawn = tax.draw(three_builds)
    assert "PEP 779: 1.15" in [text.get_text().strip() for text in drawn.figure.axes[0].texts]
    assert "PEP 779 allows 1.15" in drawn.reading
    builds = {"3.14": {}, "3.9": {"version": "3.9.1"}}
    drawn = tax.draw(made(tmp_path / "other", {("3.14", "fib"): [4.0] * 6, ("3.9", "fib"): [8.0] * 6}, builds))
    assert [text.get_text().strip() for text in drawn.figure.axes[0].texts] == ["3.14 = 1"]
    assert "PEP 779" not in drawn.reading


def test_one_build_alone_is_missing(tmp_path):
    with pytest.raises(Missing, match=r"^no workload has sequential times of two builds$"):
        tax.draw(made(tmp_path, {("3.14", "fib"): [4.0] * 6}))


def test_empty_tables_are_missing():
    with pytest.raises(Missing, match=r"^no workload has sequential times of two builds$"):
        tax.draw({name: pd.DataFrame(columns=names(name)) for name in ("summary", "builds")})


def test_a_workload_that_one_build_lacks_is_left_out(tmp_path):
    times = {("3.14", "fib"): [4.0] * 6, ("3.14t", "fib"): [5.0] * 6, ("3.14", "sort"): [1.0] * 6}
    drawn = tax.draw(made(tmp_path, times))
    assert list(drawn.data["panel"]) == ["fib"]
