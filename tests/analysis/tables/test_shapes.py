import numpy as np
import pandas as pd
import pytest
from gil_scaling.analysis.statistics import intervals

from tests.support import compare_sources, make_record, make_sample, sweep_records, write_source

NOISE = np.exp(np.random.default_rng(8).normal(0, 0.1, (4, 6)))
LAPTOP, SERVER = [0, 1], list(range(8))  # the CPUs that their runs may use


def machine(folder, name, threads, *, sequence=(8.0,) * 6, cpus=LAPTOP, **spec):
    """The records of a machine: sequential, and threads: {workers: times}."""
    sweeps = [
        sweep_records({"thread": times}, workers=workers, cpus=cpus, **spec) for workers, times in threads.items()
    ]
    return write_source(
        folder / name, sweep_records({"sequential": sequence}, cpus=cpus, **spec), *sweeps, machine=name
    )


def laptop_and_server(folder, threads, of_server, **spec):
    """The shapes of a server with 8 CPUs against a laptop with 2, by what is equal and the server's workers."""
    laptop, server = (
        machine(folder, "laptop", threads, **spec),
        machine(folder, "server", of_server, cpus=SERVER, **spec),
    )
    return compare_sources(laptop, server)["shapes"].set_index(["at", "workers"])


def numbers(row, *names):
    return [float(row[name]) for name in names]


def test_at_equal_workers_speedups_are_compared(tmp_path):
    found = laptop_and_server(tmp_path, {2: [5.0] * 6}, {2: [4.0] * 6})
    row = found.loc[("workers", 2)]
    assert numbers(row, "speedup", "against_speedup", "gain", "gain_low") == pytest.approx([2.0, 1.6, 1.25, 1.25])
    names = ["machine", "python", "backend", "against_machine", "against_python", "rounds", "claim", "pairing"]
    assert [row[name] for name in names] == ["server", "3.14", "thread", "laptop", "3.14", 6, "faster", "unpaired"]
    assert numbers(row, "usable_cpus", "against_usable_cpus", "against_workers") == [8, 2, 2]


def test_at_an_equal_share_of_the_cpus_efficiencies_are_compared(tmp_path):
    found = laptop_and_server(tmp_path, {1: [8.0] * 6, 2: [5.0] * 6}, {2: [4.0] * 6, 8: [2.0] * 6})
    assert list(found.index) == [("workers", 2), ("share", 8)]
    row = found.loc[("share", 8)]
    assert numbers(row, "efficiency", "against_efficiency", "gain") == pytest.approx([0.5, 0.8, 0.625])
    assert (row["against_workers"], row["claim"]) == (2, "slower")


def test_machines_of_equal_size_are_compared_once(tmp_path):
    both = [machine(tmp_path, name, {2: [5.0] * 6}) for name in ("laptop", "twin")]
    found = compare_sources(*both)["shapes"]
    assert (found["at"].tolist(), found["claim"].tolist()) == (["workers"], ["same"])


def test_shapes_do_not_depend_on_seconds(tmp_path):
    times = {2: 4 * NOISE[0], 8: 2 * NOISE[1]}
    found = laptop_and_server(tmp_path / "one", {2: 5 * NOISE[2]}, times)
    slow = machine(tmp_path, "server", {n: 10 * own for n, own in times.items()}, sequence=[80.0] * 6, cpus=SERVER)
    scaled = compare_sources(machine(tmp_path, "laptop", {2: 5 * NOISE[2]}), slow)["shapes"].set_index(
        ["at", "workers"]
    )
    pd.testing.assert_frame_equal(scaled, found)
    assert len(found) == 2


def test_shapes_use_the_baseline_of_each_round(tmp_path):
    drift = np.array([1.0, 1.5, 2.0, 1.2, 0.8, 3.0])
    laptop = machine(tmp_path, "laptop", {2: 5 * drift}, sequence=8 * drift)
    server = machine(tmp_path, "server", {2: 4 * drift[::-1]}, sequence=8 * drift[::-1])
    (row,) = compare_sources(laptop, server)["shapes"].to_dict("records")
    assert numbers(row, "gain", "gain_low", "gain_high") == pytest.approx([1.25] * 3)


def test_shapes_have_the_unpaired_interval(tmp_path):
    laptop = machine(tmp_path, "laptop", {2: 5 * NOISE[0]}, sequence=8 * NOISE[1])
    server = machine(tmp_path, "server", {8: 2 * NOISE[2]}, sequence=8 * NOISE[3], cpus=SERVER)
    (row,) = compare_sources(laptop, server)["shapes"].to_dict("records")
    own, other = 8 * NOISE[3] / (2 * NOISE[2]) / 8, 8 * NOISE[1] / (5 * NOISE[0]) / 2
    expected = intervals.unpaired_ratio(own, other)
    assert numbers(row, "gain", "gain_low", "gain_high") == pytest.approx(list(expected[:3]))
    assert (row["interval"], row["at"]) == ("ci95", "share")


@pytest.mark.parametrize(("laptop", "server"), [(5, 6), (6, 5)])
def test_fewer_than_six_rounds_of_either_make_no_claim(laptop, server, tmp_path):
    both = [machine(tmp_path, "laptop", {2: [5.0] * laptop}), machine(tmp_path, "server", {2: [4.0] * server})]
    (row,) = compare_sources(*both)["shapes"].to_dict("records")
    names = ["against_rounds", "rounds", "interval", "claim"]
    assert [row[name] for name in names] == [laptop, server, "range", "no claim"]


def test_weak_scaling_is_compared_by_throughput(tmp_path):
    found = laptop_and_server(tmp_path, {2: [10.0] * 6}, {2: [8.0] * 6, 8: [16.0] * 6}, scaling="weak")
    assert numbers(found.loc[("workers", 2)], "speedup", "against_speedup", "gain") == pytest.approx([2.0, 1.6, 1.25])
    assert numbers(found.loc[("share", 8)], "efficiency", "gain") == pytest.approx([0.5, 0.625])


def test_of_a_start_together_the_work_counts(tmp_path):
    def by_work(name, work_s):
        sample = make_sample(9.0, durations=(work_s / 2,) * 2)
        runs = [make_record(samples=[sample], spec={"start": "together"})]
        return write_source(tmp_path / name, runs, sweep_records({"sequential": [8.0]}), machine=name)

    found = compare_sources(by_work("laptop", 0.5), by_work("server", 0.4))
    assert found["runs"].set_index("backend").loc["sequential", "work_s"].tolist() == [0.8, 0.8]
    (row,) = found["shapes"].to_dict("records")
    assert numbers(row, "speedup", "against_speedup", "gain") == pytest.approx([2.0, 1.6, 1.25])


def test_what_processes_reach_on_each_machine_stands_beside_it(tmp_path):
    def with_ceiling(name, work_s):
        sample = make_sample(durations=(work_s / 2,) * 2)
        spec = {"backend": "process", "start": "together", "switch_interval_s": None}
        ceiling = [make_record(samples=[sample], spec=spec)]
        sweep = sweep_records({"sequential": [8.0], "thread": [5.0]})
        return write_source(tmp_path / name, ceiling, sweep, machine=name, roles={0: "ceiling"})

    (row,) = compare_sources(with_ceiling("laptop", 0.5), with_ceiling("server", 0.4))["shapes"].to_dict("records")
    assert row["backend"] == "thread"
    assert numbers(row, "speedup_ceiling", "against_speedup_ceiling") == pytest.approx([2.0, 1.6])  # 0.8 s of work


def by_default(name, folder, workers):
    sample = make_sample(4.0, workers=workers)
    runs = [make_record(samples=[sample], spec={"workers": "default", "python": "3.14"})]
    return write_source(folder / name, runs, sweep_records({"sequential": [8.0], "thread": [5.0]}), machine=name)


def test_what_backends_take_by_themselves_is_not_compared(tmp_path):
    found = compare_sources(by_default("laptop", tmp_path, 2), by_default("server", tmp_path, 2))["shapes"]
    assert found["workers_asked"].tolist() == ["2"]


def test_builds_that_one_machine_alone_has_are_not_compared(tmp_path):
    sweeps = [sweep_records({"sequential": [8.0], "thread": [5.0]}, python=python) for python in ("3.14", "3.14t")]
    found = compare_sources(
        write_source(tmp_path / "laptop", *sweeps, machine="laptop"), machine(tmp_path, "server", {2: [5.0]})
    )
    assert found["shapes"]["python"].tolist() == ["3.14"]


def of_intervals(folder, name, totals, cpus):
    """Sequential in 8 s, and threads on all CPUs at several switch intervals: {interval: total_s}."""
    spec = {"workers": len(cpus), "cpus": cpus}
    runs = [make_record(total_s=total_s, spec={**spec, "switch_interval_s": one}) for one, total_s in totals.items()]
    return write_source(folder / name, sweep_records({"sequential": [8.0]}, cpus=cpus), runs, machine=name)


@pytest.mark.parametrize("cpus", [LAPTOP, SERVER])
def test_shapes_compare_collapsed_intervals(cpus, tmp_path):
    both = of_intervals(tmp_path, "laptop", {None: 5.0}, LAPTOP), of_intervals(tmp_path, "server", {None: 4.0}, cpus)
    (row,) = compare_sources(*both)["shapes"].to_dict("records")
    assert pd.isna(row["switch_interval_s"])
    assert row["gain"] == pytest.approx(1.25 if cpus is LAPTOP else 2.0 / 8 / 0.8)


@pytest.mark.parametrize(("cpus", "at"), [(LAPTOP, "workers"), (SERVER, "share")])
def test_intervals_are_compared_one_to_one(cpus, at, tmp_path):
    laptop = of_intervals(tmp_path, "laptop", {0.005: 4.0, 0.001: 5.0, 0.1: 1.0}, LAPTOP)
    server = of_intervals(tmp_path, "server", {0.001: 4.0, 0.005: 2.0}, cpus)
    found = compare_sources(laptop, server)["shapes"]
    assert (found["switch_interval_s"].tolist(), set(found["at"])) == ([0.001, 0.005], {at})
    assert found["against_speedup"].tolist() == pytest.approx([1.6, 2.0])


def test_shapes_compare_a_collapsed_interval_with_the_nearest(tmp_path):
    laptop = of_intervals(tmp_path, "laptop", {0.1: 4.0, 0.001: 5.0}, LAPTOP)
    (row,) = compare_sources(laptop, of_intervals(tmp_path, "server", {None: 4.0}, LAPTOP))["shapes"].to_dict("records")
    assert (row["gain"], row["against_speedup"]) == pytest.approx((1.25, 1.6))


def test_shapes_flag_baselines_of_another_call(tmp_path):
    def server(last_call):
        runs = sweep_records({"sequential": [8.0] * 6, "thread": [5.0] * 6})
        for one in runs:
            is_last = one["spec"]["round"] > 4 and one["spec"]["backend"] == "thread"
            one["call"] = {"id": last_call if is_last else "call-1", "time": "", "host": "node-1"}
        return write_source(tmp_path / last_call, runs, machine="server", call=None)

    laptop = machine(tmp_path, "laptop", {2: [5.0] * 6})
    found = [compare_sources(laptop, server(call))["shapes"].iloc[0] for call in ("call-1", "call-2")]
    assert [(row["rounds"], row["flags"]) for row in found] == [(6, ""), (6, "separate_calls")]


def test_ceilings_and_sequential_have_no_shape(tmp_path):
    sweep = {"sequential": [8.0], "process": [5.0], "thread": [5.0]}
    both = [write_source(tmp_path / name, sweep_records(sweep), machine=name, roles={1: "ceiling"}) for name in "mn"]
    assert compare_sources(*both)["shapes"]["backend"].tolist() == ["thread"]


@pytest.mark.parametrize("labels", [("may", "june"), ("may",)])
def test_one_machine_has_no_other_to_be_compared_with(labels, tmp_path):
    runs = {label: sweep_records({"sequential": [8.0] * 6, "thread": [5.0] * 6}) for label in labels}
    found = [write_source(tmp_path / label, own, machine="laptop", label=label) for label, own in runs.items()]
    assert len(compare_sources(*found)["shapes"]) == 0


def test_where_the_cpus_are_not_known_there_is_no_equal_share(tmp_path):
    laptop = machine(tmp_path, "laptop", {2: [5.0] * 6})
    server = machine(tmp_path, "server", {2: [4.0] * 6, 8: [2.0] * 6}, cpus=None)
    (server.path / "machine.json").unlink()
    assert compare_sources(laptop, server)["shapes"]["at"].tolist() == ["workers"]


def gaps(*found):
    """Combinations that only one side has: build or machine, that of the other side, backend and reason."""
    table = compare_sources(*found)["one_sided"]
    names = ["machine", "python", "against_machine", "against_python", "kind", "backend", "reason"]
    return [" ".join(row) for row in table.reindex(columns=names).values.tolist()]


def sweeps_of(a, b):
    """Sweeps of two builds, each {backend: times}."""
    return sweep_records(a, python="a"), sweep_records(b, python="b")


def test_one_sided_lists_both_directions(tmp_path):
    a, b = {"sequential": [8.0], "thread": [5.0]}, {"sequential": [8.0], "process": [5.0]}
    assert gaps(write_source(tmp_path, *sweeps_of(a, b))) == [
        "m a m b build thread not measured there",
        "m b m a build process not measured there",
    ]


def test_what_a_build_cannot_do_is_listed_with_the_reason(tmp_path):
    times = {"sequential": [8.0] * 2, "interpreter_pool": [5.0] * 2, "process": [5.0] * 2}
    a, b = sweeps_of(times, times)
    for one, status, reason in (
        (a[2], "unsupported", "needs 3.14"),
        (a[3], "unsupported", "needs 3.14"),
        (b[4], "failed", "first"),
        (b[5], "failed", "second"),
    ):
        one.update(status=status, reason=reason, measured=None)
    assert gaps(write_source(tmp_path, a, b)) == [
        "m a m b build process failed: first",
        "m b m a build interpreter_pool unsupported: needs 3.14",
    ]


def test_a_gap_whose_reason_is_not_known_has_its_status(tmp_path):
    a, b = sweeps_of({"sequential": [8.0], "thread": [5.0]}, {"sequential": [8.0], "thread": [5.0]})
    b[1].update(status="crashed", reason=None, measured=None)
    assert gaps(write_source(tmp_path, a, b)) == ["m a m b build thread crashed"]


def test_a_failed_run_by_default_workers_is_no_other_case(tmp_path):
    runs = [
        make_record(samples=[make_sample(workers=2)], spec={"workers": "default", "python": python}) for python in "ab"
    ]
    runs[1].update(status="timeout", reason="slow", measured=None)
    found = write_source(tmp_path, runs, *sweeps_of({"sequential": [8.0]}, {"sequential": [8.0]}))
    assert pd.isna(compare_sources(found)["summary"].set_index(["python", "workers_asked"])["workers"]["b", "default"])
    assert gaps(found) == ["m a m b build thread timeout: slow"]


def test_what_failed_in_some_rounds_is_no_gap(tmp_path):
    a, b = sweeps_of({"sequential": [8.0], "thread": [5.0] * 3}, {"sequential": [8.0], "thread": [5.0] * 3})
    b[2].update(status="failed", reason="broken", measured=None)
    assert gaps(write_source(tmp_path, a, b)) == []


def test_what_failed_on_both_sides_is_no_gap(tmp_path):
    a, b = sweeps_of({"sequential": [8.0], "thread": [5.0]}, {"sequential": [8.0], "thread": [5.0]})
    for one in (a[1], b[1]):
        one.update(status="failed", reason="broken", measured=None)
    assert gaps(write_source(tmp_path, a, b)) == []


def test_ceilings_are_no_gap(tmp_path):
    sweeps = sweeps_of({"sequential": [8.0], "process": [5.0]}, {"sequential": [8.0]})
    assert gaps(write_source(tmp_path, *sweeps, roles={1: "ceiling"})) == []


def test_one_sided_lists_gaps_between_machines_and_times(tmp_path):
    for june, kind in (("may", "again"), ("june", "machine")):
        both = (
            machine(tmp_path / june, "may", {2: [5.0], 4: [5.0]}),
            machine(tmp_path / june, "june", {2: [5.0], 8: [5.0]}),
        )
        plan = both[1].path / "s/plan.json"
        plan.write_text(plan.read_text().replace('"machine": "june"', f'"machine": "{june}"'))
        assert gaps(*both) == [
            f"may 3.14 june 3.14 {kind} thread not measured there",
            f"june 3.14 may 3.14 {kind} thread not measured there",
        ]
