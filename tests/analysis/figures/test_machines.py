import copy

import pytest
from gil_scaling.analysis.figures import looks, machines
from gil_scaling.analysis.figures.drawing import Missing
from matplotlib.colors import to_hex

from tests.analysis.figures.support import lines, titles
from tests.support import compare_sources, sweep_records, write_source

NONE = "only one machine, or no combination that two have; `snakemake compare` reads several"


def runs(times, rounds=6, **spec):
    """Records of a sweep; times: {(backend, workers): total_s, the same in each round}."""
    records = []
    for (backend, workers), total_s in times.items():
        own = sweep_records({backend: [total_s] * rounds}, workers=workers, **spec)
        tag = f"{spec.get('workload', '')}-{workers}-{spec.get('start', '')}"
        records += [{**record, "run": f"{record['run']}-{tag}"} for record in own]
    return records


def draw(folder, measured, **options):
    """The figure of several machines, of which the first is the one to compare with: {label: (usable CPUs, records)}."""
    sources = [
        write_source(folder / label, records, machine=label, cpus=cpus, **options)
        for label, (cpus, records) in measured.items()
    ]
    return machines.draw(compare_sources(*sources))


def draw_two(folder, records, cpus=(2, 2), other=None, **options):
    """The figure of machines a and b with the same records, or others on b."""
    return draw(folder, {"a": (cpus[0], records), "b": (cpus[1], other or copy.deepcopy(records))}, **options)


SMALL = {("sequential", 1): 8.0, ("thread", 1): 8.0, ("thread", 2): 4.0}
LARGE = {("sequential", 1): 16.0, ("thread", 1): 16.0, ("thread", 2): 10.0, ("thread", 8): 4.0}


@pytest.fixture
def two(tmp_path):
    return draw(tmp_path, {"small": (2, runs(SMALL)), "large": (8, runs(LARGE))})


def points(axes):
    """{label: (places, heights)} of the lines."""
    return {label: (line.get_xdata(), line.get_ydata()) for label, line in lines(axes).items()}


def near(*places):
    """Approximately x: marks are shifted by up to 1 % so that none hides another."""
    return pytest.approx(places, rel=0.011)


def test_answers_compare_equal_workers_and_equal_shares(two):
    assert two.answers == [
        "py_loop on 3.14, thread: with 2 workers, speedup 1.60 on large and 2.00 on small: smaller on large, 0.80× [0.80, 0.80]; with one "
        "worker per CPU, efficiency 50 % on large (8 workers) and 100 % on small (2 workers): smaller on large, 0.50× [0.50, 0.50]."
    ]


def test_reading_explains_both_sides(two):
    assert two.reading == (
        "Left: speedup over sequential on the same machine and build, by workers; dashed grey: ideal, one per worker. Middle: "
        "the same by workers / usable CPUs; at 100 % there is one worker per CPU. Right: speedup / workers, by the same share. "
        "No times of different machines are compared. At the default switch interval. Hodges–Lehmann estimates of the ratios over 6 rounds; the bars are 95 % "
        "confidence intervals."
    )


def test_speedups_are_drawn_by_workers_and_by_share(two):
    left, middle, right = two.figure.axes
    assert points(left) == {
        "small: thread": (near(1, 2), pytest.approx([1, 2])),
        "large: thread": (near(1, 2, 8), pytest.approx([1, 1.6, 4])),
    }
    assert points(middle) == {
        "small: thread": (near(0.5, 1), pytest.approx([1, 2])),
        "large: thread": (near(0.125, 0.25, 1), pytest.approx([1, 1.6, 4])),
    }
    assert points(right) == {
        "small: thread": (near(0.5, 1), pytest.approx([1, 1])),
        "large: thread": (near(0.125, 0.25, 1), pytest.approx([1, 0.8, 0.5])),
    }
    assert titles(two.figure) == [
        "py_loop · 3.14 · speedup by workers",
        "speedup by share of the CPUs",
        "speedup / workers by share of the CPUs",
    ]


def test_bars_are_the_intervals_of_speedup_and_efficiency(tmp_path):
    records = runs({("sequential", 1): 8.0}) + sweep_records({"thread": [2.0, 4.0, 4.0, 4.0, 4.0, 8.0]})
    axes = draw_two(tmp_path, records, other=runs(SMALL)).figure.axes
    for own, ends in zip(axes, ([1, 4], [1, 4], [0.5, 2]), strict=True):
        bars = next(container for container in own.containers if container.get_label() == "a: thread")[2][0]
        assert bars.get_segments()[0][:, 1] == pytest.approx(ends)


def test_shares_of_the_cpus_have_ticks_as_percentages(tmp_path):
    *_, right = draw(tmp_path, {"small": (3, runs(SMALL)), "large": (8, runs(LARGE))}).figure.axes
    right.figure.draw_without_rendering()
    assert [label.get_text() for label in right.get_xticklabels()] == ["12.5 %", "25 %", "33.3 %", "66.7 %", "100 %"]


def test_many_shares_have_ticks_at_powers_of_two(tmp_path):
    records = runs({("sequential", 1): 24.0, **{("thread", workers): 24 / workers for workers in (1, 2, 3, 5, 8)}})
    *_, right = draw_two(tmp_path, records, (4, 6)).figure.axes
    assert list(right.get_xticks()) == [0.25, 0.5, 1, 2]


def test_machines_differ_by_colour_and_processes_are_dashed(tmp_path):
    more = {("process", 2): 4.0}
    for axes in draw_two(tmp_path, runs(SMALL | more), other=runs(LARGE | more)).figure.axes:
        looks = {label: (to_hex(line.get_color()), line.get_linestyle()) for label, line in lines(axes).items()}
        first, second = looks["a: thread"][0], looks["b: thread"][0]
        threads = {"a: thread": (first, "-"), "b: thread": (second, "-")}
        assert looks == threads | {"a: process": (first, "--"), "b: process": (second, "--")}
        assert first != second


def test_ceiling_of_each_machine_is_dotted_and_explained(tmp_path):
    measured = {}
    for label, work_s in (("small", 0.4), ("large", 0.2)):  # sequential works for 0.8 s
        control = runs({("process", 2): 1.0}, start="together")
        for record in control:
            record["measured"]["samples"][-1]["work_s"] = work_s
        measured[label] = 2, [*control, *runs(SMALL)]
    drawn = draw(tmp_path, measured, roles=dict.fromkeys(range(6), "ceiling"))
    left, *_ = drawn.figure.axes
    dotted = {to_hex(line.get_color()): line.get_xydata().tolist() for line in left.lines if line.get_ls() == ":"}
    colours = {label: to_hex(line.get_color()) for label, line in lines(left).items()}
    assert set(colours) == {"small: thread", "large: thread"}
    assert dotted == {colours["small: thread"]: [[2, 2]], colours["large: thread"]: [[2, 4]]}
    assert " Dotted: what processes reach there in steady state. " in drawn.reading


def test_threads_are_drawn_alone_where_all_processes_failed(tmp_path):
    failed = [{**run, "status": "failed", "reason": "no", "measured": None} for run in runs({("process", 2): 1.0})]
    assert list(lines(draw_two(tmp_path, [*runs(SMALL), *failed]).figure.axes[0])) == ["a: thread", "b: thread"]


def test_coroutines_are_drawn_where_there_are_no_threads(tmp_path):
    waiting = {("sequential", 1): 8.0, ("asyncio", 4): 2.0}
    drawn = draw_two(tmp_path, [*runs(SMALL), *runs(waiting, workload="sleep")])
    assert [title.rsplit(" · ", 1)[0] for title in titles(drawn.figure)[::3]] == ["py_loop · 3.14", "sleep · 3.14"]
    assert list(lines(drawn.figure.axes[3])) == ["a: asyncio", "b: asyncio"]
    assert [sentence.split(":")[0] for sentence in drawn.answers] == ["py_loop on 3.14, thread"]


def test_the_plainest_thread_backend_is_drawn(tmp_path):
    drawn = draw_two(tmp_path, runs(SMALL | {("thread_pool", 4): 2.0, ("interpreter_pool", 2): 2.0}), (4, 4))
    assert list(lines(drawn.figure.axes[0])) == ["a: thread", "b: thread"]
    assert drawn.answers == [
        "py_loop on 3.14, thread: with 2 workers, speedup 2.00 on b and 2.00 on a: the same within 5 %, 1.00× [1.00, 1.00]."
    ]


def test_a_single_worker_count_is_in_the_middle(tmp_path):
    drawn = draw_two(tmp_path, runs({("sequential", 1): 8.0, ("thread", 4): 2.0}), (2, 8))
    left, _, right = drawn.figure.axes
    assert left.get_xlim() == pytest.approx((3.2, 5)) and right.get_xlim() == pytest.approx((0.4, 2.5))
    assert points(left) == {"a: thread": (near(4), [4]), "b: thread": (near(4), [4])}
    assert drawn.answers == [
        "py_loop on 3.14, thread: with 4 workers, speedup 4.00 on b and 4.00 on a: the same within 5 %, 1.00× [1.00, 1.00]."
    ]


def test_answers_give_the_fewest_workers_beyond_the_cpus(tmp_path):
    records = runs({("sequential", 1): 8.0, ("thread", 4): 4.0, ("thread", 8): 2.0})
    (sentence,) = draw_two(tmp_path, records).answers
    assert sentence.startswith("py_loop on 3.14, thread: with 4 workers, speedup 2.00 on b and 2.00 on a: the same")


def test_answers_give_the_share_nearest_to_all_cpus(tmp_path):
    drawn = draw(tmp_path, {"small": (2, runs(SMALL)), "large": (8, runs({**LARGE, ("thread", 4): 8.0}))})
    assert "; with one worker per CPU, efficiency 50 % on large" in drawn.answers[0]


def test_answers_give_another_share_where_none_is_all_cpus(tmp_path):
    large = {("sequential", 1): 16.0, ("thread", 4): 8.0}
    assert draw(tmp_path, {"small": (2, runs(SMALL)), "large": (8, runs(large))}).answers == [
        "py_loop on 3.14, thread: with workers for 50 % of the CPUs, efficiency 50 % on large (4 workers) and 100 % on small "
        "(1 worker): smaller on large, 0.50× [0.50, 0.50]."
    ]


def test_few_rounds_make_no_claim(tmp_path):
    drawn = draw_two(tmp_path, runs(SMALL, rounds=3), other=runs(LARGE, rounds=3))
    assert drawn.answers == [
        "py_loop on 3.14, thread: with 2 workers, speedup 1.60 on b and 2.00 on a: 0.80×, from 0.80 to 0.80, too few rounds for "
        "a claim."
    ]
    assert drawn.reading.endswith(
        "Hodges–Lehmann estimates of the ratios over 3 rounds; the bars are ranges (too few rounds for a confidence interval)."
    )


def test_the_default_switch_interval_is_drawn(tmp_path):
    records = runs(SMALL)
    for record in runs({("thread", 2): 8.0}, workload="py_loop", start="natural"):
        records.append({**record, "run": f"i{record['run']}", "spec": {**record["spec"], "switch_interval_s": 0.0001}})
    drawn = draw_two(tmp_path, records)
    assert len(lines(drawn.figure.axes[0])) == 2
    assert "with 2 workers, speedup 2.00 on b and 2.00 on a" in drawn.answers[0]


def test_what_one_machine_lacks_is_not_drawn(tmp_path):
    more = [*runs(SMALL), *runs(SMALL, python="3.14t"), *runs(SMALL, workload="fib")]
    drawn = draw_two(tmp_path, more, other=runs(SMALL))
    assert {title.rsplit(" · ", 1)[0] for title in titles(drawn.figure)[::3]} == {"py_loop · 3.14"}
    assert set(drawn.data["python"]) == {"3.14"}


@pytest.mark.parametrize(
    ("totals", "text"),
    [
        ([2.0] * 6, "speedup 4.00 on b and 2.00 on a: larger on b, 2.00× [2.00, 2.00]"),
        ([4.1] * 6, "speedup 1.95 on b and 2.00 on a: the same within 5 %, 0.98× [0.98, 0.98]"),
        ([2.0, 8.0] * 3, "speedup 2.00 on b and 2.00 on a: no difference shown, 1.00× [0.50, 2.00]"),
    ],
)
def test_answers_claim_no_more_than_shown(tmp_path, totals, text):
    other = sweep_records({"sequential": [8.0] * 6, "thread": totals})
    expected = [f"py_loop on 3.14, thread: with 2 workers, {text}."]
    assert draw_two(tmp_path, runs(SMALL), other=other).answers == expected


def test_many_machines_are_drawn_by_kind(tmp_path):
    measured = {f"m{cpus}": (cpus, runs({("sequential", 1): 8.0, ("thread", 2): 4.0})) for cpus in range(2, 13)}
    drawn = draw(tmp_path, measured)
    bars = drawn.figure.axes[0].containers
    assert [each.get_label() for each in bars] == ["A CPU, 2 to 12 CPUs: thread"] * 11
    places = [place for each in bars for place in each[0].get_xdata()]
    assert len(set(places)) == 11 and max(places) / min(places) < 1.2
    (hue,) = looks.machine_kinds([["m12"]]).values()
    assert len({to_hex(each[0].get_color()) for each in bars}) == 11
    assert to_hex(bars[-1][0].get_color()) == hue
    assert drawn.reading.endswith("One hue per model of the CPUs, the darker the more of them.")


def test_a_small_machine_beside_a_large_one_has_a_log_axis(two):
    left, middle, right = two.figure.axes
    assert (left.get_yscale(), middle.get_yscale(), right.get_yscale()) == ("log", "log", "linear")


def test_ideal_speedup_is_dashed_by_workers_alone(two):
    ideal = [[line.get_xydata().tolist() for line in axes.lines if line.get_ls() == "--"] for axes in two.figure.axes]
    assert ideal == [[[[1, 1], [2, 2], [8, 8]]], [], []]


def test_many_worker_counts_have_ticks_at_powers_of_two(tmp_path):
    records = runs({("sequential", 1): 24.0, **{("thread", count): 24 / count for count in (*range(1, 9), 12)}})
    left, *_ = draw_two(tmp_path, records, (12, 12)).figure.axes
    low, high = left.get_xlim()
    assert [tick for tick in left.get_xticks() if low < tick < high] == [1, 2, 4, 8]


@pytest.mark.parametrize("other", [{}, {"b": (2, runs(SMALL, workload="fib"))}], ids=["one", "nothing in common"])
def test_machines_without_a_counterpart_are_missing(tmp_path, other):
    with pytest.raises(Missing, match=f"^{NONE}$"):
        draw(tmp_path, {"a": (2, runs(SMALL)), **other})
