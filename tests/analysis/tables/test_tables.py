import json
import math
from pathlib import Path

import pandas as pd
import pytest
from gil_scaling.analysis import columns, read_table, tables
from gil_scaling.analysis.read import read_sweep
from gil_scaling.analysis.tables.__main__ import main
from gil_scaling.analysis.tables.taxes import read_taxes
from scipy.stats import t

from tests.support import make_record, make_sample, make_tables, sweep_records, write_result_set


def row(table, backend, **keys):
    found = table[table["backend"] == backend]
    for name, value in keys.items():
        found = found[found[name] == value]
    (index,) = found.index
    return found.loc[index]


def test_every_table_has_the_columns_of_the_registry(tmp_path):
    found = make_tables(tmp_path, sweep_records({"sequential": [1.0], "thread": [0.5]}))
    assert {name: list(table.columns) for name, table in found.items()} == {
        name: columns.names(name) for name in columns.TABLES
    }


def test_the_speedup_is_the_ratio_to_the_same_round_s_baseline(tmp_path):
    drift = [1.0, 1.5, 2.0, 1.2, 0.8, 3.0]
    times = {"sequential": [4.0 * d for d in drift], "thread": [2.0 * d for d in drift]}
    found = row(make_tables(tmp_path, sweep_records(times))["summary"], "thread")
    assert (found["speedup"], found["speedup_low"], found["speedup_high"]) == pytest.approx((2, 2, 2))
    assert (found["interval"], found["rounds_ok"]) == ("ci95", 6)
    assert found["efficiency"] == pytest.approx(1)
    assert found["karp_flatt"] == pytest.approx(0)


def test_fewer_than_six_rounds_give_the_range_and_a_flag(tmp_path):
    found = row(make_tables(tmp_path, sweep_records({"sequential": [4, 4], "thread": [1, 4]}))["summary"], "thread")
    assert (found["speedup_low"], found["speedup_high"], found["interval"]) == (1, 4, "range")
    assert "few_rounds" in found["flags"].split(";")


def test_intervals_have_the_level_of_their_experiment(tmp_path):
    records = sweep_records({"sequential": [4.0] * 6, "thread": [2.0] * 6})
    frames = read_sweep(write_result_set(tmp_path, records, experiments=("f", "e", "g")))
    found = tables.make_at_levels(frames, {"e": 0.95, "f": 0.99, "g": 0.95})  # which takes 8 rounds
    kinds = found["summary"][["experiment", "interval"]].drop_duplicates()
    assert kinds.to_numpy().tolist() == [["e", "ci95"], ["f", "range"], ["g", "ci95"]]
    assert set(found) == set(columns.TABLES)


def test_speedup_over_few_baselines_makes_no_claim(tmp_path):
    records = sweep_records({"sequential": [4.0] * 6, "thread": [2.0] * 6})
    records[0].update(status="timeout", reason="slow", measured=None)
    found = row(make_tables(tmp_path, records)["summary"], "thread")
    assert (found["rounds_ok"], found["speedup"], found["interval"]) == (6, pytest.approx(2), "range")
    assert "few_rounds" in found["flags"].split(";")


def test_a_row_without_baseline_has_intervals_of_its_times(tmp_path):
    found = row(make_tables(tmp_path, sweep_records({"thread": [2.0] * 6}))["summary"], "thread")
    assert (math.isnan(found["speedup"]), found["interval"]) == (True, "ci95")


def test_warm_ups_count_in_no_median(tmp_path):
    samples = [make_sample(99.0, warmup=True), make_sample(1.0), make_sample(3.0), make_sample(2.0)]
    found = make_tables(tmp_path, [make_record(samples=samples)])
    assert row(found["runs"], "thread")["total_s"] == 2
    assert list(found["samples"]["total_s"]) == [99, 1, 3, 2]
    assert list(found["samples"]["warmup"]) == [True, False, False, False]


def test_a_together_start_is_judged_by_its_work(tmp_path):
    records = sweep_records({"sequential": [9.0]})
    samples = [make_sample(7.0, durations=(0.2, 0.2))]
    records.append(make_record("t", samples=samples, spec={"start": "together"}))
    found = row(make_tables(tmp_path, records)["summary"], "thread")
    assert (found["timed"], found["speedup"]) == ("work", pytest.approx(0.8 / 0.4))


def test_weak_scaling_multiplies_by_the_workers_and_has_no_bound(tmp_path):
    records = sweep_records({"sequential": [1.0]})
    records.append(make_record("t", 1.25, spec={"scaling": "weak", "workers": 4}))
    found = row(make_tables(tmp_path, records)["summary"], "thread")
    assert found["speedup"] == pytest.approx(4 * 1.0 / 1.25)
    assert found["efficiency"] == pytest.approx(0.8)
    assert math.isnan(found["speedup_bound"]) and math.isnan(found["karp_flatt"])


def test_the_bound_comes_from_the_baseline_s_own_tasks(tmp_path):
    sample = make_sample(2.72, durations=(0.9, 0.3, 0.22, 1.3), workers=1)
    records = [
        make_record("s", samples=[sample], spec={"backend": "sequential", "workers": 1, "switch_interval_s": None})
    ]
    records.append(make_record("t", 2.0, spec={"workers": 4}))
    found = row(make_tables(tmp_path, records)["summary"], "thread")
    assert found["speedup_bound"] == pytest.approx(2.72 / 1.36)  # two CPUs, so half of 2.72 and not 1.3
    assert found["efficiency_bound"] == pytest.approx(found["speedup"] / 2)


def test_above_1000_tasks_the_cpus_are_still_a_bound(tmp_path):
    summaries = [{"worker": 0, "count": 2000, "first_s": 0, "last_s": 4, "cpu_s": 4.0, "quantiles_s": [1e-3] * 5}]
    many = make_sample(4.0, workers=1, tasks=None, task_summary=summaries, task_cpu_s=4.0)
    base = make_record("s", samples=[many], spec={"backend": "sequential", "workers": 1})
    records = [base, *(make_record(f"t{p}", 2.0, spec={"workers": p}) for p in (1, 4))]
    found = make_tables(tmp_path, records)["summary"].set_index(["backend", "workers"])["speedup_bound"]
    assert (found["thread", 1], found["thread", 4]) == (1, 2)  # of two CPUs


def test_uneven_tasks_are_no_serial_fraction(tmp_path):
    sample = make_sample(272.0, durations=(90, 30, 22, 130), workers=1)
    base = make_record("s", samples=[sample], spec={"backend": "sequential", "workers": 1})
    found = make_tables(tmp_path, [base, make_record("t", 130.0, spec={"workers": 4})])["summary"]
    assert row(found, "thread")["karp_flatt"] == pytest.approx(0)


def test_ceiling_is_what_processes_reach_with_as_many_workers(tmp_path):
    records = sweep_records({"sequential": [1.0], "thread": [0.8]})
    together = {"backend": "process", "start": "together", "switch_interval_s": None}
    records.append(make_record("c", samples=[make_sample(durations=(0.25, 0.25))], spec=together))
    found = make_tables(tmp_path, records, roles={"c": "ceiling"})["summary"]
    assert row(found, "thread")["speedup_ceiling"] == pytest.approx(0.8 / 0.5)
    assert row(found, "thread")["efficiency_ceiling"] == pytest.approx(1.25 / 1.6)
    assert row(found, "process")["role"] == "ceiling"


def records_with_ceiling(factors):
    """Records of rounds on a machine whose speed drifts, in which threads take so many times 0.8 of the time of sequential."""
    speeds = [1 - 0.05 * place for place in range(len(factors))]
    times = {
        "sequential": speeds,
        "thread": [0.8 * speed * factor for speed, factor in zip(speeds, factors, strict=True)],
    }
    together = {"backend": "process", "start": "together", "switch_interval_s": None}
    ceiling = [
        make_record(
            f"c{place}", samples=[make_sample(durations=(0.25 * speed,) * 2)], spec={**together, "round": place}
        )
        for place, speed in enumerate(speeds, 1)
    ]
    return [*sweep_records(times), *ceiling], {one["run"]: "ceiling" for one in ceiling}


def test_share_of_the_ceiling_is_paired_by_round(tmp_path):
    records, roles = records_with_ceiling([1, 1, 1, 1, 1, 1.25])  # the ceiling is 1.6, the speedup 1.25, and once 1.0
    found = row(make_tables(tmp_path, records, roles=roles)["summary"], "thread")
    ends = [found[f"efficiency_ceiling{end}"] for end in ("_low", "", "_high")]
    assert ends == pytest.approx([1 / 1.6, 1.25 / 1.6, 1.25 / 1.6])


def test_share_of_the_ceiling_has_no_interval_of_5_rounds(tmp_path):
    records, roles = records_with_ceiling([1] * 5)
    found = row(make_tables(tmp_path, records, roles=roles)["summary"], "thread")
    assert found["efficiency_ceiling"] == pytest.approx(1.25 / 1.6)
    assert math.isnan(found["efficiency_ceiling_low"]) and math.isnan(found["efficiency_ceiling_high"])


def test_without_a_ceiling_run_there_is_no_ceiling(tmp_path):
    found = row(make_tables(tmp_path, sweep_records({"sequential": [1.0], "thread": [0.8]}))["summary"], "thread")
    assert math.isnan(found["speedup_ceiling"]) and math.isnan(found["efficiency_ceiling"])


def test_the_reference_speedup_rests_on_the_reference_build(tmp_path):
    records = sweep_records({"sequential": [1.0]}, python="a")
    records += sweep_records({"sequential": [2.0], "thread": [1.0]}, python="b")
    found = row(make_tables(tmp_path, records)["summary"], "thread")
    assert (found["speedup"], found["speedup_reference"]) == pytest.approx((2.0, 1.0))


@pytest.mark.parametrize("difference", [{"compiler": "Clang 19"}, {"version": "3.13.0"}, {"pgo": True}, {"lto": True}])
def test_builds_that_differ_in_more_than_the_gil_are_flagged(difference, tmp_path):
    records = sweep_records({"sequential": [1.0]}, python="a") + sweep_records({"sequential": [2.0]}, python="b")
    found = make_tables(tmp_path, records, builds={"a": {}, "b": difference})["summary"]
    flags = {one["python"]: one["flags"].split(";") for one in found.to_dict("records")}
    assert ("unlike_builds" in flags["a"], "unlike_builds" in flags["b"]) == (False, True)


def test_runs_of_separate_calls_are_unpaired_and_flagged(tmp_path):
    records = sweep_records({"sequential": [4.0] * 6, "thread": [2.0] * 6})
    for one in records[6:]:
        one["call"] = {"id": "call-2", "time": "", "host": "node-1"}
    found = row(make_tables(tmp_path, records)["summary"], "thread")
    assert found["speedup"] == pytest.approx(2)
    assert "separate_calls" in found["flags"].split(";")
    assert (found["pairing"], found["claim"]) == ("unpaired", "faster")


def test_few_rounds_make_no_claim_across_calls_either(tmp_path):
    records = sweep_records({"sequential": [4.0] * 4, "thread": [2.0] * 4})
    for one in records[4:]:
        one["call"] = {"id": "call-2", "time": "", "host": "node-1"}
    found = row(make_tables(tmp_path, records)["summary"], "thread")
    assert (found["claim"], "few_rounds" in found["flags"]) == ("no claim", True)


def test_tables_have_disturbances_and_resource_use(tmp_path):
    samples = [make_sample(voluntary_switches=number, worker_peak_mb=[10.0, number]) for number in (1, 30, 50)]
    found = make_tables(tmp_path, [make_record(samples=samples)])
    names = ["voluntary_switches", "involuntary_switches", "worker_peak_mb"]
    for table in ("runs", "summary"):
        assert found[table].loc[0, names].tolist() == [30, 20, 30]
    assert found["samples"]["worker_peak_mb"].tolist() == [10, 30, 50]


def test_a_row_says_what_its_interval_allows(tmp_path):
    noisy = [1.0, 1.1, 0.9, 1.2, 0.8, 1.0]
    times = {"sequential": [2.0] * 6, "thread": [1.0] * 6, "asyncio": [2.01] * 6}
    times["process"] = [2.0 * value for value in noisy]
    found = make_tables(tmp_path, sweep_records(times))["summary"].set_index("backend")
    assert found["claim"].astype(object).where(found["claim"].notna(), None).to_dict() == {
        "sequential": None,
        "thread": "faster",
        "asyncio": "same",
        "process": "not shown",
    }
    assert set(found["pairing"]) == {"paired"}


def test_a_row_has_the_rounds_it_would_need(tmp_path):
    logs = [0.05, -0.05, 0.05, -0.05, 0.05, -0.05]
    times = {"sequential": [2.0] * 6, "thread": [math.exp(one) for one in logs]}
    found = make_tables(tmp_path, sweep_records(times))["summary"].set_index("backend")["rounds_needed"]
    assert found["sequential"] == 6
    deviation = math.sqrt(6 * 0.05**2 / 5)
    expected = next(n for n in range(6, 99) if t.ppf(0.975, n - 1) * deviation / math.sqrt(n) <= math.log(1.02))
    assert found["thread"] == expected > 20


def test_a_gil_that_comes_back_on_is_a_flag(tmp_path):
    one = make_record(samples=[make_sample(gil=False)])
    one["measured"].update(gil_before=False, gil_after=True)
    found = make_tables(tmp_path, [one], builds={"3.14": {"gil": False}})
    assert "gil_reenabled" in found["summary"].loc[0, "flags"].split(";")


def test_failures_have_a_row_each_and_the_worst_status_counts(tmp_path):
    records = sweep_records({"sequential": [1.0, 1.0], "thread": [0.5, 0.5]})
    records[3].update(status="timeout", reason="took longer", measured=None)
    found = make_tables(tmp_path, records, experiments=("e", "f"))
    assert found["failures"][["run", "status", "reason"]].to_dict("records") == [
        {"run": "3.14-thread-r2", "status": "timeout", "reason": "took longer"}
    ]
    bad = row(found["summary"], "thread", experiment="e")
    assert (bad["status"], bad["rounds_ok"], bad["reason"]) == ("timeout", 1, "took longer")
    assert bad["speedup"] == pytest.approx(2)


def test_what_cannot_run_is_a_row_with_a_reason_and_no_failure(tmp_path):
    records = sweep_records({"sequential": [1.0]})
    records.append(
        make_record("u", spec={"backend": "interpreter_pool"}, status="unsupported", reason="no", measured=None)
    )
    found = make_tables(tmp_path, records)
    assert found["failures"].empty
    bad = row(found["summary"], "interpreter_pool")
    assert (bad["status"], bad["reason"], bad["rounds_ok"], bad["workers"]) == ("unsupported", "no", 0, 2)
    assert math.isnan(bad["total_s"])


@pytest.mark.parametrize("text", ["", "{}", '{"format": 1'])
def test_a_damaged_record_is_a_failure_and_the_rest_is_used(text, tmp_path):
    path = write_result_set(tmp_path, sweep_records({"sequential": [1.0], "thread": [0.5]}))
    (tmp_path / "runs" / "3.14-thread-r1.json").write_text(text)
    found = tables.make(read_sweep(path))
    ((run, status, reason),) = found["failures"][["run", "status", "reason"]].to_numpy()
    assert (run, status) == ("3.14-thread-r1", "damaged")
    assert reason.startswith("3.14-thread-r1.json: ")
    assert list(found["summary"]["backend"]) == ["sequential"]


def test_a_sweep_whose_runs_all_failed_still_has_its_tables(tmp_path):
    records = sweep_records({"sequential": [1.0], "thread": [0.5]})
    for one in records:
        one.update(status="crashed", reason="ended by signal SIGKILL", measured=None)
    found = make_tables(tmp_path, records)
    assert len(found["failures"]) == len(found["summary"]) == 2
    assert found["samples"].empty and found["tasks"].empty


def test_default_workers_and_their_number_are_two_rows(tmp_path):
    records = [make_record("a"), make_record("b", spec={"workers": "default"}, samples=[make_sample()])]
    found = make_tables(tmp_path, records)["summary"]
    assert sorted(zip(found["workers"], found["workers_asked"], strict=True)) == [(2, "2"), (2, "default")]


def test_metrics_are_medians_over_samples_and_rounds(tmp_path):
    records = []
    for number, values in enumerate([(1, 3), (5, 7), (90, 90)], 1):
        samples = [make_sample(metrics={"lost": value, "word": "w"}) for value in values]
        records.append(make_record(f"r{number}", samples=samples, spec={"round": number}))
    found = make_tables(tmp_path, records)["summary"].loc[0, "metrics"]
    assert json.loads(found) == {"lost": 6.0, "word": "w"}


def test_a_run_is_compared_with_the_baseline_of_its_interval(tmp_path):
    records = []
    for interval, base in ((0.1, 8.0), (0.001, 2.0)):
        for backend in ("sequential", "thread"):
            spec = {"backend": backend, "workers": 1, "switch_interval_s": interval}
            made_of = make_record(f"{backend}-{interval}", base if backend == "sequential" else 1.0, spec=spec)
            records.append(made_of)
    found = make_tables(tmp_path, records)["summary"]
    assert row(found, "thread", switch_interval_s=0.1)["speedup"] == pytest.approx(8)
    assert row(found, "thread", switch_interval_s=0.001)["speedup"] == pytest.approx(2)


def test_a_workload_without_speedup_has_none(tmp_path):
    path = write_result_set(tmp_path, sweep_records({"sequential": [1.0], "thread": [0.5]}))
    plan = json.loads(path.read_text())
    for run in plan["runs"]:
        run["no_speedup"] = True
    path.write_text(json.dumps(plan))
    found = tables.make(read_sweep(path))["summary"]
    assert found["speedup"].isna().all()
    assert found["total_s"].tolist() == [1.0, 0.5]


def test_backend_params_make_separate_rows(tmp_path):
    records = sweep_records({"sequential": [1.0], "process_pool": [0.5]})
    chunks = make_record("chunks", 0.25, spec={**records[1]["spec"], "backend_params": {"chunksize": 8}})
    found = make_tables(tmp_path, [*records, chunks])["summary"]
    pools = found[found["backend"] == "process_pool"].set_index("backend_params")
    assert pools["speedup"].to_dict() == pytest.approx({"{}": 2.0, '{"chunksize": 8}': 4.0})


def test_samples_that_lack_some_tasks_have_no_times_by_task(tmp_path):
    cut = make_sample(1.0, durations=(0.4,))
    records = [make_record("s", samples=[make_sample(1.0), cut], spec={"backend": "sequential", "workers": 1})]
    (durations,) = read_sweep(write_result_set(tmp_path, records)).runs["durations"]
    assert durations is None


@pytest.mark.slow
def test_tables_are_read_as_they_were_written(tmp_path):
    path = write_result_set(tmp_path, sweep_records({"sequential": [1.0] * 2, "thread": [0.5] * 2}, python="3.10"))
    main(path)
    written = tables.make(read_sweep(path), read_taxes(tmp_path, "s"))
    for name, table in tables.read(path.parent / "tables").items():
        expected = written[name].replace("", None)
        pd.testing.assert_frame_equal(
            table.astype(object).where(table.notna(), None),
            expected.astype(object).where(expected.notna(), None),
            check_dtype=False,
        )
    assert set(tables.read(path.parent / "tables")["runs"]["python"]) == {"3.10"}


def test_the_order_of_the_records_does_not_matter(tmp_path):
    records = sweep_records({"sequential": [1.0, 1.1, 1.2], "thread": [0.5, 0.7, 0.6]})
    one = make_tables(tmp_path / "one", records)["summary"]
    other = make_tables(tmp_path / "other", records[::-1])["summary"]
    pd.testing.assert_frame_equal(one, other)


def test_every_flag_with_a_meaning_can_be_set():
    source = "".join(
        Path("scripts/gil_scaling/analysis", name).read_text()
        for name in ("flags.py", "tables/summary.py", "tables/changes.py")
    )
    source += Path("scripts/gil_scaling/launch/disturbance.py").read_text()
    assert all(f'"{flag}"' in source for flag in columns.FLAG_MEANINGS)


def test_a_row_has_its_reference_gil_and_cpus(tmp_path):
    records = sweep_records({"sequential": [1.0]}, python="a") + sweep_records({"sequential": [1.0]}, python="b")
    for one in records[1:]:
        one["measured"]["gil_after"] = False
    summary = make_tables(tmp_path, records, builds={"a": {}, "b": {}})["summary"].set_index("python")
    assert list(summary.loc[["a", "b"], "reference"]) == ["a", "a"]
    assert list(summary.loc[["a", "b"], "gil"]) == [True, False]
    assert list(summary["usable_cpus"]) == [2, 2]


def test_there_is_a_row_a_build(tmp_path):
    builds = {"a": {"version": "3.13.1"}, "b": {"free_threaded": True, "gil": False}}
    table = make_tables(tmp_path, sweep_records({"sequential": [1.0]}, python="a"), builds=builds)["builds"]
    assert table.loc[:, ["python", "version", "free_threaded", "gil", "jit"]].values.tolist() == [
        ["a", "3.13.1", False, True, False],
        ["b", "3.14.6", True, False, False],
    ]


def test_the_row_of_a_build_shows_the_packages_asked_for(tmp_path):
    packages = {"numpy": {"version": "2.4.1"}, "old": {"version": "1.0"}}
    imports = {"old": {"gil_enabled": True}, "numpy": {}}
    builds = {"a": {"packages": packages}, "b": {"packages": packages, "requires": ["old"], "imports": imports}}
    table = make_tables(tmp_path, sweep_records({"sequential": [1.0]}, python="a"), builds=builds)["builds"]
    shown = table.astype(object).where(table.notna(), None)[["packages", "gil_packages"]]
    assert shown.to_numpy().tolist() == [[None, None], ["numpy 2.4.1; old 1.0", "old"]]


def test_of_experiment_keeps_its_rows_and_all_builds(tmp_path):
    found = make_tables(tmp_path, sweep_records({"sequential": [1.0]}), experiments=("x", "y"))
    part = tables.of_experiment(found, "y")
    assert set(part["summary"]["experiment"]) == set(part["runs"]["experiment"]) == {"y"}
    assert len(part["builds"]) == 1


@pytest.mark.parametrize(("last_s", "flags"), [(6.0, "medians_differ"), (1.0, "")])
def test_medians_whose_quotient_is_no_ratio_are_flagged(last_s, flags, tmp_path):
    times = {"sequential": [1.0, 1.0, 1.0, 2.0, 2.0, 2.0], "thread": [1.0, 1.0, 1.0, 2.0, 2.0, 2.0]}
    times["thread"][0] = last_s  # the median rises from 1.5 to 2
    summary = make_tables(tmp_path, sweep_records(times))["summary"]
    (row,) = summary[summary["backend"] == "thread"].to_dict("records")
    assert row["speedup"] == pytest.approx(1.0)
    assert row["flags"] == flags


@pytest.mark.parametrize(("scaling", "count"), [("strong", 2), ("weak", 4)])
def test_rate_is_that_of_all_tasks_of_a_sample(scaling, count, tmp_path):
    durations = [0.4] * count
    samples = [make_sample(2.0, durations=durations)]
    record = make_record("a", samples=samples, spec={"scaling": scaling})
    (row,) = make_tables(tmp_path, [record])["summary"].to_dict("records")
    assert (row["task_count"], row["tasks_per_s"]) == (count, pytest.approx(count / 2.0))


def test_rate_counts_tasks_that_were_only_summed_up(tmp_path):
    worker = {"count": 1500, "quantiles_s": [1e-3] * 5, "cpu_s": 1.0, "first_s": 0.1, "last_s": 1.9}
    summary = [{**worker, "worker": number} for number in range(2)]
    sample = make_sample(2.0) | {"tasks": None, "task_summary": summary}
    (row,) = make_tables(tmp_path, [make_record("a", samples=[sample])])["summary"].to_dict("records")
    assert row["tasks_per_s"] == pytest.approx(1500.0)


@pytest.mark.parametrize(("version", "unlike"), [("2.3.5", True), ("2.4.1", False)])
def test_builds_with_other_versions_of_a_package_are_flagged(version, unlike, tmp_path):
    records = sweep_records({"sequential": [1.0]}, python="a") + sweep_records({"sequential": [2.0]}, python="b")
    builds = {"a": {"packages": {"numpy": {"version": "2.4.1"}}}, "b": {"packages": {"numpy": {"version": version}}}}
    found = make_tables(tmp_path, records, builds=builds)["summary"].set_index("python")["flags"]
    assert ("unlike_builds" in found["b"].split(";")) == unlike


def test_read_table_has_the_types_of_the_registry(tmp_path):
    records = sweep_records({"sequential": [4.0] * 6, "thread": [2.0] * 6}, python="3.10")
    tables.write(make_tables(tmp_path, records), tmp_path / "tables")
    found = read_table(tmp_path / "tables/summary.csv")
    assert [*found["python"]] == ["3.10", "3.10"]
    assert [*found["gil"]] == [True, True]
    assert (str(found["workers"].dtype), str(found["speedup"].dtype)) == ("Int64", "float64")
    assert found.set_index("backend")["switch_interval_s"].isna().to_dict() == {"sequential": True, "thread": False}


def test_read_table_of_another_file_is_an_error(tmp_path):
    with pytest.raises(ValueError, match=rf"^{tmp_path}/mine\.csv: is not a table\. Known: samples\.csv, runs\.csv, "):
        read_table(tmp_path / "mine.csv")
