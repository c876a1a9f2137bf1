import json

import pandas as pd
import pytest
from gil_scaling.analysis.figures import _style, machines
from gil_scaling.analysis.read import load
from gil_scaling.analysis.tables import build as tables
from gil_scaling.analysis.tables import sides
from gil_scaling.analysis.tables.pairing import with_times
from matplotlib.colors import to_hex

from tests.support import sweep_records, write_result_set

NONE = "one machine alone, or no combination that two have; snakemake compare reads several"


def runs(times, rounds=6, **spec):
    """Records of a sweep; times: {(backend, workers): total_s, the same in each round}."""
    found = []
    for (backend, workers), total_s in times.items():
        made = sweep_records({backend: [total_s] * rounds}, workers=workers, **spec)
        tag = f"{spec.get('workload', '')}-{workers}-{spec.get('start', '')}"
        found += [{**one, "run": f"{one['run']}-{tag}"} for one in made]
    return found


def measured(folder, label, usable_cpus, records, **options):
    """The tables of one machine, which has measured in a call of its own."""
    own = [{**one, "call": {"id": label, "time": ""}} for one in records]
    plan = write_result_set(folder / label, own, machine=label, **options)
    (folder / label / "machine.json").write_text(json.dumps({"usable_cpus": usable_cpus}))
    return tables.tables(load(plan))


def together(parts):
    """The tables of several machines, as a comparison shows them; the first is what the others are held against."""
    found = {
        name: pd.concat([part[name] for part in parts], ignore_index=True) for name in ("summary", "runs", "builds")
    }
    return sides.named(found | tables.compared(with_times(found["runs"]), found["summary"], found["builds"]))


def of(folder, machines, **options):
    """The tables of several machines: {label: (usable CPUs, records)}."""
    return together([measured(folder, label, *own, **options) for label, own in machines.items()])


SMALL = {("sequential", 1): 8.0, ("thread", 1): 8.0, ("thread", 2): 4.0}
LARGE = {("sequential", 1): 16.0, ("thread", 1): 16.0, ("thread", 2): 10.0, ("thread", 8): 4.0}


@pytest.fixture
def two(tmp_path):
    return of(tmp_path, {"small": (2, runs(SMALL)), "large": (8, runs(LARGE))})


def lines(axes):
    """{label: (places, heights)} of the lines with marks."""
    return {one.get_label(): (one[0].get_xdata(), one[0].get_ydata()) for one in axes.containers}


def near(*places):
    """Beside each other, so that no mark hides another: up to 1 % away."""
    return pytest.approx(places, rel=0.011)


def test_what_threads_reach_is_told_at_equal_workers_and_at_an_equal_share_of_the_cpus(two):
    assert machines.draw(two).answers == [
        "py_loop on 3.14, thread: with 2 workers, large reaches a speedup of 1.60, small of 2.00: less far, 0.80 times [0.80, 0.80]; "
        "with a worker for each CPU, large reaches an efficiency of 50 % (8 workers), small of 100 % (2 workers): less far, 0.50 "
        "times [0.50, 0.50]."
    ]


def test_the_reading_says_what_is_held_against_what(two):
    assert machines.draw(two).reading == (
        "Left: speedup over sequential on the same machine and build, against workers. Right: speedup / workers against workers / "
        "usable CPUs, at 100 % one worker for each CPU. No second of one machine is compared with one of another. At the default "
        "switch interval. Medians over 6 rounds; the bars are 95 % intervals."
    )


def test_speedups_stand_at_the_workers_and_efficiencies_at_the_share_of_the_cpus(two):
    left, right = machines.draw(two).figure.axes
    assert lines(left) == {
        "small: thread": (near(1, 2), pytest.approx([1, 2])),
        "large: thread": (near(1, 2, 8), pytest.approx([1, 1.6, 4])),
    }
    assert lines(right) == {
        "small: thread": (near(0.5, 1), pytest.approx([1, 1])),
        "large: thread": (near(0.125, 0.25, 1), pytest.approx([1, 0.8, 0.5])),
    }
    assert [axes.get_title() for axes in (left, right)] == ["py_loop · 3.14"] * 2


def test_the_bars_are_the_intervals_of_speedup_and_efficiency(tmp_path):
    records = runs({("sequential", 1): 8.0})
    records += sweep_records({"thread": [2.0, 4.0, 4.0, 4.0, 4.0, 8.0]})
    found = of(tmp_path, {"a": (2, records), "b": (2, runs(SMALL))})
    for axes, ends in zip(machines.draw(found).figure.axes, ([1, 4], [0.5, 2]), strict=True):
        bars = next(one for one in axes.containers if one.get_label() == "a: thread")[2][0]
        assert bars.get_segments()[0][:, 1] == pytest.approx(ends)


def test_a_share_of_the_cpus_has_its_tick_as_a_percentage(tmp_path):
    _, right = machines.draw(of(tmp_path, {"small": (3, runs(SMALL)), "large": (8, runs(LARGE))})).figure.axes
    right.figure.draw_without_rendering()
    assert [label.get_text() for label in right.get_xticklabels()] == ["12.5 %", "25 %", "33.3 %", "66.7 %", "100 %"]


def test_many_shares_have_ticks_at_the_powers_of_two_alone(tmp_path):
    records = runs({("sequential", 1): 24.0, **{("thread", workers): 24 / workers for workers in (1, 2, 3, 5, 8)}})
    found = of(tmp_path, {"four": (4, records), "six": (6, records)})
    _, right = machines.draw(found).figure.axes
    assert list(right.get_xticks()) == [0.25, 0.5, 1, 2]


def test_machines_differ_by_colour_and_processes_are_dashed(tmp_path):
    more = {("process", 2): 4.0}
    found = of(tmp_path, {"small": (2, runs(SMALL | more)), "large": (8, runs(LARGE | more))})
    for axes in machines.draw(found).figure.axes:
        looks = {one.get_label(): (to_hex(one[0].get_color()), one[0].get_linestyle()) for one in axes.containers}
        small, large = looks["small: thread"][0], looks["large: thread"][0]
        assert looks == {
            "small: thread": (small, "-"),
            "small: process": (small, "--"),
            "large: thread": (large, "-"),
            "large: process": (large, "--"),
        }
        assert small != large


def test_the_ceiling_of_each_machine_is_dotted_in_its_colour_and_explained(tmp_path):
    parts = []
    for label, work_s in (("small", 0.4), ("large", 0.2)):  # the sequence works for 0.8 s
        control = runs({("process", 2): 1.0}, start="together")
        for one in control:
            one["measured"]["samples"][-1]["work_s"] = work_s
        roles = {one["run"]: "ceiling" for one in control}
        parts.append(measured(tmp_path, label, 2, [*runs(SMALL), *control], roles=roles))
    drawn = machines.draw(together(parts))
    left, _ = drawn.figure.axes
    dotted = {to_hex(line.get_color()): line.get_xydata().tolist() for line in left.lines if line.get_ls() == ":"}
    colours = {one.get_label(): to_hex(one[0].get_color()) for one in left.containers}
    assert set(colours) == {"small: thread", "large: thread"}
    assert dotted == {colours["small: thread"]: [[2, 2]], colours["large: thread"]: [[2, 4]]}
    assert " Dotted: what processes reach there in steady state. " in drawn.reading


def test_a_workload_whose_processes_all_failed_shows_its_threads_alone(tmp_path):
    failed = [{**one, "status": "failed", "reason": "no", "measured": None} for one in runs({("process", 2): 1.0})]
    records = [*runs(SMALL), *failed]
    found = of(tmp_path, {"a": (2, records), "b": (2, records)})
    assert list(lines(machines.draw(found).figure.axes[0])) == ["a: thread", "b: thread"]


def test_a_workload_of_neither_threads_nor_processes_is_drawn_beside_others(tmp_path):
    waiting = {("sequential", 1): 8.0, ("asyncio", 4): 2.0}
    records = [*runs(SMALL), *runs(waiting, workload="sleep")]
    drawn = machines.draw(of(tmp_path, {"a": (2, records), "b": (2, records)}))
    assert [axes.get_title() for axes in drawn.figure.axes[::2]] == ["py_loop · 3.14", "sleep · 3.14"]
    assert list(lines(drawn.figure.axes[2])) == ["a: asyncio", "b: asyncio"]
    assert [sentence.split(":")[0] for sentence in drawn.answers] == ["py_loop on 3.14, thread"]


def test_of_several_backends_of_threads_the_plainest_is_drawn_and_told_of(tmp_path):
    records = runs(SMALL | {("thread_pool", 4): 2.0, ("interpreter_pool", 2): 2.0})
    drawn = machines.draw(of(tmp_path, {"a": (4, records), "b": (4, records)}))
    assert list(lines(drawn.figure.axes[0])) == ["a: thread", "b: thread"]
    assert drawn.answers == [
        "py_loop on 3.14, thread: with 2 workers, b reaches a speedup of 2.00, a of 2.00: as far within 5 %, 1.00 times [1.00, 1.00]."
    ]


def test_one_worker_count_alone_stands_in_the_middle(tmp_path):
    records = runs({("sequential", 1): 8.0, ("thread", 4): 2.0})
    drawn = machines.draw(of(tmp_path, {"a": (2, records), "b": (8, records)}))
    left, right = drawn.figure.axes
    assert left.get_xlim() == pytest.approx((3.2, 5)) and right.get_xlim() == pytest.approx((0.4, 2.5))
    assert lines(left) == {"a: thread": (near(4), [4]), "b: thread": (near(4), [4])}
    assert drawn.answers == [
        "py_loop on 3.14, thread: with 4 workers, b reaches a speedup of 4.00, a of 4.00: as far within 5 %, 1.00 times [1.00, 1.00]."
    ]


def test_beyond_the_cpus_the_fewest_workers_are_told_of(tmp_path):
    records = runs({("sequential", 1): 8.0, ("thread", 4): 4.0, ("thread", 8): 2.0})
    (sentence,) = machines.draw(of(tmp_path, {"a": (2, records), "b": (2, records)})).answers
    assert sentence.startswith(
        "py_loop on 3.14, thread: with 4 workers, b reaches a speedup of 2.00, a of 2.00: as far"
    )


def test_the_share_that_is_told_is_the_nearest_to_all_cpus(tmp_path):
    found = of(tmp_path, {"small": (2, runs(SMALL)), "large": (8, runs({**LARGE, ("thread", 4): 8.0}))})
    assert "; with a worker for each CPU, large reaches" in machines.draw(found).answers[0]


def test_where_no_share_of_all_cpus_is_shared_another_one_is_told(tmp_path):
    large = {("sequential", 1): 16.0, ("thread", 4): 8.0}
    found = of(tmp_path, {"small": (2, runs(SMALL)), "large": (8, runs(large))})
    assert machines.draw(found).answers == [
        "py_loop on 3.14, thread: with workers for 50 % of the CPUs, large reaches an efficiency of 50 % (4 workers), small of 100 % "
        "(1 worker): less far, 0.50 times [0.50, 0.50]."
    ]


def test_few_rounds_make_no_claim(tmp_path):
    found = of(tmp_path, {"small": (2, runs(SMALL, rounds=3)), "large": (2, runs(LARGE, rounds=3))})
    drawn = machines.draw(found)
    assert drawn.answers == [
        "py_loop on 3.14, thread: with 2 workers, large reaches a speedup of 1.60, small of 2.00: 0.80 times, from 0.80 to 0.80, of "
        "too few rounds for a claim."
    ]
    assert drawn.reading.endswith("Medians over 3 rounds; the bars are ranges, which make no claim.")


def test_of_several_switch_intervals_the_one_nearest_to_the_default_is_drawn_and_told_of(tmp_path):
    records = runs(SMALL)
    for one in runs({("thread", 2): 8.0}, workload="py_loop", start="natural"):
        records.append({**one, "run": f"i{one['run']}", "spec": {**one["spec"], "switch_interval_s": 0.0001}})
    drawn = machines.draw(of(tmp_path, {"a": (2, records), "b": (2, records)}))
    assert list(lines(drawn.figure.axes[0])) == ["a: thread", "b: thread"]
    assert "with 2 workers, b reaches a speedup of 2.00, a of 2.00" in drawn.answers[0]


def test_a_build_or_workload_that_one_machine_lacks_is_not_drawn(tmp_path):
    more = [*runs(SMALL), *runs(SMALL, python="3.14t"), *runs(SMALL, workload="fib")]
    drawn = machines.draw(of(tmp_path, {"a": (2, more), "b": (2, runs(SMALL))}))
    assert [axes.get_title() for axes in drawn.figure.axes] == ["py_loop · 3.14"] * 2
    assert set(drawn.data["build"]) == {"3.14"}


@pytest.mark.parametrize(
    ("totals", "said"),
    [
        ([2.0] * 6, "b reaches a speedup of 4.00, a of 2.00: further, 2.00 times [2.00, 2.00]"),
        ([4.1] * 6, "b reaches a speedup of 1.95, a of 2.00: as far within 5 %, 0.98 times [0.98, 0.98]"),
        ([2.0, 8.0] * 3, "b reaches a speedup of 2.00, a of 2.00: no difference shown, 1.00 times [0.50, 2.00]"),
    ],
)
def test_no_more_is_said_than_the_interval_allows(tmp_path, totals, said):
    other = sweep_records({"sequential": [8.0] * 6, "thread": totals})
    drawn = machines.draw(of(tmp_path, {"a": (2, runs(SMALL)), "b": (2, other)}))
    assert drawn.answers == [f"py_loop on 3.14, thread: with 2 workers, {said}."]


def test_eleven_machines_have_colours_of_their_own(tmp_path):
    one = measured(tmp_path, "m", 2, runs({("sequential", 1): 8.0, ("thread", 2): 4.0}))
    parts = [{name: table.assign(machine=f"m{number}") for name, table in one.items()} for number in range(11)]
    drawn = machines.draw(together(parts))
    left, _ = drawn.figure.axes
    assert len({to_hex(one[0].get_color()) for one in left.containers}) == 11
    places = [place for xs, _ in lines(left).values() for place in xs]
    assert len(set(places)) == 11 and max(places) / min(places) < 1.2


def test_one_machine_alone_is_compared_with_none(tmp_path):
    with pytest.raises(_style.Missing, match=f"^{NONE}$"):
        machines.draw(of(tmp_path, {"a": (2, runs(SMALL))}))


def test_machines_without_a_combination_in_common_are_not_compared(tmp_path):
    found = of(tmp_path, {"a": (2, runs(SMALL)), "b": (2, runs(SMALL, workload="fib"))})
    with pytest.raises(_style.Missing, match=f"^{NONE}$"):
        machines.draw(found)
