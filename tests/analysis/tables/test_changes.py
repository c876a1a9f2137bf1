import math
from collections import ChainMap
from itertools import combinations_with_replacement

import numpy as np
import pytest
from gil_scaling.analysis.statistics import intervals
from gil_scaling.analysis.tables.changes import judge_rounds
from gil_scaling.analysis.tables.pairing import Rounds
from scipy.stats import binom, gmean, mannwhitneyu

from tests.support import compare_sources, make_record, make_sample, make_tables, sweep_records, write_source

DRIFT = np.array([1.0, 1.5, 2.0, 1.2, 0.8, 3.0])
NOISE = np.exp(np.random.default_rng(6).normal(0, 0.1, (4, 6)))


def a_and_b(folder, a, b, **options):
    """The tables of two builds, each {backend: times}, measured in one call; those of the threads in changes alone."""
    found = compare_sources(write_source(folder, sweep_records(a, python="a"), sweep_records(b, python="b"), **options))
    return ChainMap({"changes": of_threads(found["changes"])}, found)


def of_threads(table):
    return table[table["backend"] == "thread"].reset_index(drop=True)


def may_and_june(folder, may, june, **spec):
    """The same of one machine at two times; all changes."""
    parts = {"may": sweep_records(may, **spec), "june": sweep_records(june, **spec)}
    return compare_times(folder, parts)


def compare_times(folder, parts, **options):
    """The tables of one machine at several times: {label: records}."""
    return compare_sources(
        *(
            write_source(folder / label, records, machine="laptop", label=label, call=label, **options)
            for label, records in parts.items()
        )
    )


def gain(row):
    return [row["gain"], row["gain_low"], row["gain_high"]]


def with_sequence(times):
    return {"sequential": [4.0] * len(times), "thread": list(times)}


def test_changes_find_a_known_factor_despite_drift(tmp_path):
    a = {"sequential": 4 * DRIFT, "thread": 2 * DRIFT}
    b = {"sequential": 4 * DRIFT, "thread": DRIFT}
    found = compare_sources(write_source(tmp_path, sweep_records(a, python="a"), sweep_records(b, python="b")))[
        "changes"
    ]
    names = ["machine", "python", "backend", "against_machine", "against_python", "kind", "claim", "pairing", "flags"]
    assert found[names].values.tolist() == [
        ["m", "b", "sequential", "m", "a", "build", "same", "paired", ""],
        ["m", "b", "thread", "m", "a", "build", "faster", "paired", ""],
    ]
    assert [gain(row) for _, row in found.iterrows()] == [pytest.approx([1.0] * 3), pytest.approx([2.0] * 3)]
    assert found.loc[1, ["time_s", "against_s", "rounds", "against_rounds"]].tolist() == [1.35, 2.7, 6, 6]


def test_of_six_paired_rounds_the_interval_is_their_range(tmp_path):
    a, b = NOISE[:2]
    (row,) = a_and_b(tmp_path, with_sequence(a), with_sequence(b / 2))["changes"].to_dict("records")
    ratios = 2 * a / b
    walsh = [math.sqrt(one * other) for one, other in combinations_with_replacement(ratios, 2)]
    assert gain(row) == pytest.approx([np.median(walsh), ratios.min(), ratios.max()])
    assert (row["interval"], row["claim"]) == ("ci95", "faster")


def test_times_of_two_calls_are_compared_unpaired_and_flagged(tmp_path):
    a, b = NOISE[:2]
    found = may_and_june(tmp_path, with_sequence(a), with_sequence(b / 2))["changes"]
    (row,) = of_threads(found).to_dict("records")
    assert gain(row) == pytest.approx(list(intervals.unpaired_ratio(a, b / 2)[:3]))
    names = ["machine", "against_machine", "kind", "pairing", "interval", "claim", "flags"]
    assert [row[name] for name in names] == ["june", "may", "again", "unpaired", "ci95", "faster", "separate_calls"]


def test_unpaired_interval_agrees_with_scipys_mannwhitneyu(tmp_path):
    a, b = NOISE[:2]
    (row,) = of_threads(may_and_june(tmp_path, with_sequence(a), with_sequence(b))["changes"]).to_dict("records")
    rejected = [
        mannwhitneyu(a, b * end, method="exact").pvalue <= 0.05
        for end in (0.999 * row["gain_low"], 1.001 * row["gain_high"])
    ]
    kept = [
        mannwhitneyu(a, b * end, method="exact").pvalue > 0.05
        for end in (1.001 * row["gain_low"], 0.999 * row["gain_high"])
    ]
    assert rejected + kept == [True] * 4
    quotients = np.sort(np.divide.outer(a, b).ravel())  # 5 is the critical U of 6 and 6 values in the tables
    assert gain(row) == pytest.approx([math.sqrt(quotients[17] * quotients[18]), quotients[5], quotients[-6]])


@pytest.mark.parametrize(("spread", "claim"), [(0.01, "same"), (0.2, "not shown")])
def test_no_difference_is_called_none(spread, claim, tmp_path):
    alternating = 1 + spread * np.array([1, -1, 1, -1, 1, -1])
    (row,) = a_and_b(tmp_path, with_sequence(alternating), with_sequence([1.0] * 6))["changes"].to_dict("records")
    assert row["claim"] == claim


def test_a_slower_build_is_called_slower(tmp_path):
    (row,) = a_and_b(tmp_path, with_sequence([1.0] * 6), with_sequence([1.25] * 6))["changes"].to_dict("records")
    assert (row["gain"], row["claim"]) == (pytest.approx(0.8), "slower")


def test_five_paired_rounds_give_a_range_and_no_claim(tmp_path):
    a, b = [2.0, 2.2, 1.8, 2.0, 2.0], [1.0] * 5
    (row,) = a_and_b(tmp_path, with_sequence(a), with_sequence(b))["changes"].to_dict("records")
    assert gain(row) == pytest.approx([2.0, 1.8, 2.2])
    assert (row["interval"], row["claim"], row["flags"], row["rounds"]) == ("range", "no claim", "few_rounds", 5)


def test_four_unpaired_rounds_give_a_range_and_no_claim(tmp_path):
    a, b = [2.0, 2.2, 1.8, 2.0], [1.0, 1.0, 1.0, 0.5]
    (row,) = of_threads(may_and_june(tmp_path, with_sequence(a), with_sequence(b))["changes"]).to_dict("records")
    assert gain(row)[1:] == pytest.approx([1.8, 4.4])
    assert (row["interval"], row["claim"], row["flags"]) == ("range", "no claim", "few_rounds;separate_calls")


def test_unpaired_both_sides_need_six_rounds(tmp_path):
    found = may_and_june(tmp_path, with_sequence([2.0] * 6), with_sequence([1.0] * 5))["changes"]
    names = ["rounds", "against_rounds", "interval", "claim"]
    assert of_threads(found).loc[0, names].tolist() == [5, 6, "range", "no claim"]


def test_weak_scaling_is_compared_by_task_list(tmp_path):
    threads = [
        make_record(
            samples=[make_sample(2.0, workers=workers)],
            spec={"python": python, "workers": "default", "scaling": "weak"},
        )
        for python, workers in (("a", 2), ("b", 4))
    ]
    sequences = [sweep_records({"sequential": [1.0]}, python=python, scaling="weak") for python in "ab"]
    (row,) = of_threads(compare_sources(write_source(tmp_path, threads, *sequences))["changes"]).to_dict("records")
    assert [row[name] for name in ("workers", "time_s", "against_s", "gain")] == pytest.approx([4, 0.5, 1.0, 2.0])


def interval_runs(python, totals):
    """Threads at several switch intervals, {interval: total_s}, and sequential."""
    runs = [
        make_record(total_s=total_s, spec={"python": python, "switch_interval_s": interval})
        for interval, total_s in totals.items()
    ]
    return [*runs, *sweep_records({"sequential": [4.0]}, python=python)]


@pytest.mark.parametrize(("free", "with_gil", "expected"), [("b", "a", (math.nan, 4.0)), ("a", "b", (0.001, 0.25))])
def test_changes_compare_a_collapsed_interval_with_the_nearest(free, with_gil, expected, tmp_path):
    sweeps = interval_runs(free, {None: 1.0}), interval_runs(with_gil, {0.1: 2.0, 0.001: 4.0, 0.05: 8.0})
    found = compare_sources(write_source(tmp_path, *sweeps))
    rows = of_threads(found["changes"])[["switch_interval_s", "gain"]]
    assert rows.to_numpy().ravel().tolist() == pytest.approx(expected, nan_ok=True)
    assert len(found["one_sided"]) == 0


def test_several_intervals_on_both_sides_match_one_to_one(tmp_path):
    sweeps = interval_runs("a", {0.001: 3.0, 0.005: 8.0, 0.1: 1.0}), interval_runs("b", {0.005: 2.0, 0.001: 1.0})
    rows = of_threads(compare_sources(write_source(tmp_path, *sweeps))["changes"])
    assert rows[["switch_interval_s", "gain"]].to_numpy().ravel().tolist() == pytest.approx([0.001, 3.0, 0.005, 4.0])


def test_of_a_start_together_the_work_is_compared(tmp_path):
    runs = [
        make_record(
            samples=[make_sample(total_s, durations=(work_s,) * 2)], spec={"python": python, "start": "together"}
        )
        for python, total_s, work_s in (("a", 9.0, 1.5), ("b", 9.5, 0.5))
    ]
    natural = [sweep_records({"sequential": [4.0], "thread": [4.0]}, python=python) for python in "ab"]
    rows = of_threads(compare_sources(write_source(tmp_path, runs, *natural))["changes"]).set_index("timed")
    assert rows.loc["work", ["time_s", "against_s", "gain"]].tolist() == pytest.approx([1.0, 3.0, 3.0])
    assert rows.loc["total", ["time_s", "against_s", "gain"]].tolist() == pytest.approx([4.0, 4.0, 1.0])


def test_changes_leave_out_ceilings_and_meaningless_times(tmp_path):
    sweeps = [sweep_records({"sequential": [4.0], "process": [1.0], "thread": [2.0]}, python=python) for python in "ab"]
    silent = [sweep_records({"thread": [2.0]}, python=python, workload="latency") for python in "ab"]
    found = compare_sources(write_source(tmp_path, *sweeps, *silent, roles={1: "ceiling", 4: "ceiling"}))["changes"]
    assert found[["workload", "backend"]].values.tolist() == [["py_loop", "sequential"], ["py_loop", "thread"]]


def test_changes_have_the_flags_of_both_sides(tmp_path):
    sweeps = [sweep_records(with_sequence([1.0] * 6), python=python) for python in "ab"]
    for runs, flag in zip(sweeps, ("noisy", "drifting"), strict=True):
        runs[-1]["noise"] = [{"flag": flag, "reading": "other_share", "value": 0.2, "limit": 0.05}]
    assert of_threads(compare_sources(write_source(tmp_path, *sweeps))["changes"]).loc[0, "flags"] == "drifting;noisy"


@pytest.mark.parametrize(
    ("digests", "flags"), [(("1" * 16, "2" * 16), "unlike_sources"), (("1" * 16, ""), ""), (("", ""), "")]
)
def test_changes_flag_other_sources_but_not_unknown_ones(digests, flags, tmp_path):
    sweeps = [
        sweep_records(with_sequence([1.0] * 6), python=python, workload_digest=digest)
        for python, digest in zip("ab", digests, strict=True)
    ]
    assert set(compare_sources(write_source(tmp_path, *sweeps))["changes"]["flags"]) == {flags}


def test_builds_that_differ_in_more_than_the_gil_are_flagged(tmp_path):
    times = with_sequence([1.0] * 6)
    found = a_and_b(tmp_path, times, times, builds={"a": {}, "b": {"compiler": "Clang 19"}})["changes"]
    assert found.loc[0, "flags"] == "unlike_builds"


def test_a_build_that_was_upgraded_meanwhile_is_no_unlike_build(tmp_path):
    found = [
        write_source(
            tmp_path / name,
            sweep_records(with_sequence([1.0] * 6)),
            machine="laptop",
            label=name,
            call=name,
            builds={"3.14": {"version": version}},
        )
        for name, version in (("may", "3.14.0"), ("june", "3.14.6"))
    ]
    found = compare_sources(*found)["changes"]
    assert set(found["flags"]) == {"separate_calls"}


def test_a_run_that_failed_takes_its_round_from_both_sides(tmp_path):
    sweeps = [sweep_records(with_sequence(times), python=name) for name, times in (("a", 2 * DRIFT), ("b", DRIFT))]
    sweeps[0][8].update(status="timeout", reason="slow", measured=None)  # the threads' round 3
    (row,) = of_threads(compare_sources(write_source(tmp_path, *sweeps))["changes"]).to_dict("records")
    assert gain(row) == pytest.approx([2.0] * 3)
    names = ["rounds", "against_rounds", "interval", "pairing", "claim", "flags"]
    assert [row[name] for name in names] == [5, 5, "range", "paired", "no claim", "few_rounds;medians_differ"]


def test_paired_changes_ignore_rounds_of_one_side_only(tmp_path):
    sweeps = [
        sweep_records(with_sequence(times), python=name) for name, times in (("a", 2 * DRIFT), ("b", [*DRIFT, 99.0]))
    ]
    (row,) = of_threads(compare_sources(write_source(tmp_path, *sweeps))["changes"]).to_dict("records")
    assert (gain(row), row["rounds"], row["against_rounds"]) == (pytest.approx([2.0] * 3), 6, 6)


def test_unpaired_all_rounds_of_both_sides_count(tmp_path):
    a, b = NOISE[0], [*NOISE[1], 3.0]
    (row,) = of_threads(may_and_june(tmp_path, with_sequence(a), with_sequence(b))["changes"]).to_dict("records")
    assert gain(row) == pytest.approx(list(intervals.unpaired_ratio(a, b)[:3]))
    assert (row["rounds"], row["against_rounds"]) == (7, 6)


def test_times_of_different_machines_are_not_compared(tmp_path):
    found = [write_source(tmp_path / name, sweep_records(with_sequence([1.0] * 6)), machine=name) for name in "mn"]
    made = compare_sources(*found)
    assert [len(made[name]) for name in ("changes", "means", "one_sided")] == [0, 0, 0]


def test_where_every_run_failed_there_is_nothing_to_compare(tmp_path):
    records = [one for python in "ab" for one in sweep_records(with_sequence([1.0]), python=python)]
    for one in records:
        one.update(status="failed", reason="broken", measured=None)
    made = make_tables(tmp_path, records)
    assert [len(made[name]) for name in ("changes", "means", "shapes", "one_sided")] == [0] * 4


def workloads(python, totals, **spec):
    """Sweeps of threads, {workload or parameter n: times}, each with its sequential run."""
    found = []
    for name, times in totals.items():
        own = {"params": {"n": name}} if isinstance(name, int) else {"workload": name}
        found += sweep_records(with_sequence(times), python=python, **own, **spec)
    return found


def mean_of(found):
    (row,) = of_threads(found["means"]).to_dict("records")
    return row


def test_the_mean_of_twice_and_half_as_fast_is_one(tmp_path):
    a = workloads("a", {"w": 2 * DRIFT, "v": 3 * DRIFT})
    b = workloads("b", {"w": DRIFT, "v": 6 * DRIFT})
    row = mean_of(compare_sources(write_source(tmp_path, a, b)))
    assert gain(row) == pytest.approx([1.0] * 3)
    names = [
        "machine",
        "python",
        "against_machine",
        "against_python",
        "kind",
        "backend",
        "workers",
        "workloads",
        "rounds",
    ]
    assert [row[name] for name in names] == ["m", "b", "m", "a", "build", "thread", 2, 2, 6]
    assert (row["claim"], row["pairing"]) == ("same", "paired")
    assert not {"workload", "params"} & set(row)


def test_the_interval_of_a_mean_is_that_of_its_rounds(tmp_path):
    a = workloads("a", {"w": NOISE[0], "v": NOISE[1], "u": [1.0] * 6})
    b = workloads("b", {"w": NOISE[2], "v": NOISE[3], "u": [0.5] * 6})
    row = mean_of(compare_sources(write_source(tmp_path, a, b)))
    ratios = gmean([NOISE[0] / NOISE[2], NOISE[1] / NOISE[3], [2.0] * 6])
    walsh = [math.sqrt(one * other) for one, other in combinations_with_replacement(ratios, 2)]
    assert gain(row) == pytest.approx([np.median(walsh), ratios.min(), ratios.max()])
    assert (row["workloads"], row["interval"]) == (3, "ci95")


def test_means_across_calls_are_unpaired(tmp_path):
    times = {"may": {"w": NOISE[0], "v": NOISE[1]}, "june": {"w": NOISE[2], "v": NOISE[3]}}
    row = mean_of(compare_times(tmp_path, {name: workloads("a", own) for name, own in times.items()}))
    expected = intervals.unpaired_ratio(gmean(NOISE[:2]), gmean(NOISE[2:]))
    assert (gain(row), row["pairing"]) == (pytest.approx(list(expected[:3])), "unpaired")


def test_a_mean_rests_on_the_rounds_that_have_all_workloads(tmp_path):
    a = workloads("a", {"w": 2 * DRIFT, "v": 2 * DRIFT})
    b = workloads("b", {"w": DRIFT, "v": [1.0, 1.5, 2.0, 1.2, 0.8, 99.0]})
    b[-1].update(status="crashed", reason="gone", measured=None)
    row = mean_of(compare_sources(write_source(tmp_path, a, b)))
    assert gain(row) == pytest.approx([2.0] * 3)
    assert [row[name] for name in ("rounds", "against_rounds", "interval", "claim")] == [5, 5, "range", "no claim"]


@pytest.mark.parametrize("side", [0, 1])
def test_without_a_round_that_has_all_workloads_there_is_no_mean(side, tmp_path):
    sweeps = [workloads(python, {"w": [1.0] * 2, "v": [1.0] * 2}) for python in "ab"]
    for place in (2, 7):  # round 1 of the one workload, round 2 of the other
        sweeps[side][place].update(status="failed", reason="broken", measured=None)
    found = compare_sources(write_source(tmp_path, *sweeps))
    assert (len(of_threads(found["means"])), len(of_threads(found["changes"]))) == (0, 2)


def test_one_workload_alone_has_no_mean(tmp_path):
    a, b = workloads("a", {"w": [1.0], "v": [1.0]}), workloads("b", {"w": [1.0]})
    assert len(compare_sources(write_source(tmp_path, a, b))["means"]) == 0


def test_a_mean_counts_a_workload_with_each_of_its_parameters(tmp_path):
    a = workloads("a", {10: [8.0] * 6, 20: [2.0] * 6, 40: [1.0] * 6})
    b = workloads("b", {10: [1.0] * 6, 20: [2.0] * 6, 40: [1.0] * 6})
    row = mean_of(compare_sources(write_source(tmp_path, a, b)))
    assert (row["workloads"], gain(row)) == (3, pytest.approx([2.0] * 3))


@pytest.mark.parametrize(
    "change",
    [{"backend": "thread_pool"}, {"backend_params": {"chunksize": 2}}, {"workers": 3}, {"start": "together"}],
)
def test_a_mean_is_of_one_way_to_run(change, tmp_path):
    found = [workloads(python, {"w": [1.0], "v": [1.0]}) for python in "ab"]
    assert len(of_threads(compare_sources(write_source(tmp_path / "alike", *found))["means"])) == 1
    for one in (*found[0], *found[1]):
        if one["spec"]["workload"] == "v" and one["spec"]["backend"] == "thread":
            one["spec"].update(change)
    means = compare_sources(write_source(tmp_path / "other", *found))["means"]
    assert means["backend"].tolist() == ["sequential"]


def test_each_switch_interval_has_a_mean_of_its_own(tmp_path):
    def runs(python, factors):
        found = workloads(python, {"w": [1.0], "v": [1.0]})
        for interval, factor in factors.items():
            found += [
                make_record(total_s=factor, spec={"python": python, "workload": name, "switch_interval_s": interval})
                for name in "wv"
            ]
        return found

    found = compare_sources(
        write_source(tmp_path, runs("a", {0.1: 2.0, 0.001: 3.0}), runs("b", {0.1: 1.0, 0.001: 1.0}))
    )
    rows = of_threads(found["means"])[["switch_interval_s", "workloads", "gain"]]
    assert rows.to_numpy().ravel().tolist() == pytest.approx([0.001, 2, 3.0, 0.005, 2, 1.0, 0.1, 2, 2.0])


def test_a_mean_is_paired_where_each_workload_has_one_call(tmp_path):
    a, b = (workloads(python, {"w": [1.0] * 6, "v": [1.0] * 6}) for python in "ab")
    calls = {"w": "call-1", "v": "call-2"}
    for one in (*a, *b):
        one["call"] = {"id": calls[one["spec"]["workload"]], "time": "", "host": "node-1"}
    assert mean_of(compare_sources(write_source(tmp_path / "alike", a, b, call=None)))["pairing"] == "paired"
    for one in b:
        one["call"] = {"id": {"w": "call-2", "v": "call-1"}[one["spec"]["workload"]], "time": "", "host": "node-1"}
    assert mean_of(compare_sources(write_source(tmp_path / "swapped", a, b, call=None)))["pairing"] == "unpaired"


def costs(times, call):
    return Rounds(np.arange(len(times)), np.full(len(times), call, object), times)


def test_one_in_twenty_equal_comparisons_is_called_different():
    random = np.random.default_rng(4)
    times = np.exp(random.normal(0, 0.2, (400, 2, 6)))
    claims = [judge_rounds(costs(own, "june"), costs(other, "may"))["claim"] for own, other in times]
    different = claims.count("faster") + claims.count("slower")
    chance = 2 * (1 + 1 + 2 + 3 + 5 + 7) / math.comb(12, 6)  # of a U of 0 to 5, counted by hand, on either side
    assert binom.ppf(0.001, 400, chance) <= different <= binom.ppf(0.999, 400, chance)
    assert chance <= 0.05
