import pytest
from gil_scaling.analysis.report.limits import describe_limits, describe_missing_ceilings

from tests.support import compare_sources, make_sample, make_tables, sweep_records, write_source

COMMAND = "snakemake --cores all --configfile c.yaml"
TIMES = {"sequential": [4.0] * 6, "process": [2.0] * 6}


def limits(folder, records, *, on_noise="flag", command=COMMAND, **options):
    """The sentences about a sweep of these records."""
    sets = [{"label": "m", "configs": {"s": {"on_noise": on_noise}}}]
    return describe_limits(make_tables(folder, records, **options), sets, command)


def with_startup(records, startup_s, workers=2):
    for one in records:
        if one["spec"]["backend"] != "sequential":
            one["spec"]["workers"] = workers
            one["measured"]["samples"] = [make_sample(startup_s + 1, startup_s=startup_s, workers=workers)]
    return records


def test_nothing_limits_a_quiet_sweep_of_long_tasks(tmp_path):
    assert limits(tmp_path, sweep_records(TIMES)) == []


def test_tasks_shorter_than_the_start_up_are_named(tmp_path):
    records = with_startup(sweep_records({"sequential": [0.0019] * 6, "process": [1.0] * 6}), 0.05)
    assert limits(tmp_path, records) == [
        "The tasks of py_loop take 1.90 ms in all, starting the workers of process 50.0 ms: start-up decides. Try more work "
        "per task: `auto` as their size takes 0.3 s."
    ]


def test_start_up_of_more_workers_than_cpus_is_not_named(tmp_path):
    assert limits(tmp_path, with_startup(sweep_records(TIMES), 5.0, workers=4)) == []


def disturbed(count, flag="noisy"):
    """Records of which so many were disturbed."""
    records = sweep_records(TIMES)
    for one in records[:count]:
        one["noise"] = [{"flag": flag, "reading": "other_share", "value": 0.2, "limit": 0.05}]
    return records


@pytest.mark.parametrize(
    ("flag", "mode", "effect"),
    [
        ("noisy", "wait", "waits for idle CPUs before each run"),
        ("drifting", "repeat", "measures a disturbed run again"),
    ],
)
def test_a_disturbed_machine_is_named_with_the_remedy(flag, mode, effect, tmp_path):
    assert limits(tmp_path, disturbed(9, flag)) == [
        f"9 of 12 runs were disturbed (9 {flag}): try `on_noise: {mode}`, which {effect}: "
        f"`{COMMAND} --forcerun measure --config on_noise={mode}`."
    ]


def test_the_remedy_is_that_of_most_disturbances(tmp_path):
    records = disturbed(9, "drifting")
    records[0]["noise"] = disturbed(1)[0]["noise"]
    (sentence,) = limits(tmp_path, records)
    assert "(1 noisy and 8 drifting): try `on_noise: repeat`" in sentence


@pytest.mark.parametrize(("count", "sentences"), [(1, 0), (2, 1)])
def test_a_tenth_of_the_runs_may_be_disturbed(count, sentences, tmp_path):
    assert len(limits(tmp_path, disturbed(count))) == sentences


@pytest.mark.parametrize(
    ("mode", "remedy"),
    [
        ("wait", "try `on_noise: repeat`, end other programs, or take a quieter machine"),
        ("repeat", "end other programs, or take a quieter machine"),
    ],
)
def test_a_remedy_that_was_taken_is_not_advised(mode, remedy, tmp_path):
    (sentence,) = limits(tmp_path, disturbed(9, "drifting"), on_noise=mode)
    assert sentence == (
        f"9 of 12 runs were disturbed (9 drifting): they were although `on_noise: {mode}` was set: {remedy}."
    )


def test_too_few_rounds_name_the_key(tmp_path):
    assert limits(tmp_path, sweep_records({"sequential": [4.0] * 3, "thread": [2.0] * 3})) == [
        "2 of 2 combinations have fewer than 6 rounds: ranges instead of confidence intervals, no claim. Set `rounds: 6`; "
        "finished rounds are kept."
    ]


def test_rounds_that_failed_are_to_be_repeated(tmp_path):
    records = sweep_records(TIMES)
    records[-1].update(status="failed", reason="it broke", measured=None)
    (sentence,) = limits(tmp_path, records)
    assert sentence.startswith("1 of 2 combinations has fewer than 6 rounds")
    assert sentence.endswith("the same command again repeats those that failed.")


def test_limits_of_several_sets_have_their_labels(tmp_path):
    names = ("before", "after")
    sources = [write_source(tmp_path / name, sweep_records({"thread": [1.0] * 2}), label=name) for name in names]
    sets = [{"label": name, "configs": {}} for name in names]
    sentences = describe_limits(compare_sources(*sources), sets, None)
    assert [sentence.partition(":")[0] for sentence in sentences] == list(names)


def test_limits_of_many_machines_share_a_sentence(tmp_path):
    counts = dict(zip("abcde", (0, 6, 7, 8, 9), strict=True))
    sources = [write_source(tmp_path / name, disturbed(count), machine=name) for name, count in counts.items()]
    sets = [{"label": name, "configs": {}} for name in counts]
    assert describe_limits(compare_sources(*sources), sets, None) == [
        "On 4 of 5 A CPU (2 CPUs): more than 10 % of the runs were disturbed: try `on_noise: wait`, which waits for idle CPUs "
        "before each run."
    ]


@pytest.mark.parametrize(
    ("status", "what"), [("failed", "no run is ok"), ("unsupported", "no combination is supported")]
)
def test_a_report_without_times_says_why(status, what, tmp_path):
    records = sweep_records(TIMES)
    for one in records:
        one.update(status=status, reason="it broke", measured=None)
    assert limits(tmp_path, records) == [f"There are no answers: {what}. The first reason: it broke."]


def test_a_report_of_one_combination_says_what_to_add(tmp_path):
    assert limits(tmp_path, sweep_records({"sequential": [4.0] * 6})) == [
        "There are no answers: only sequential of py_loop on 3.14 has times, and nothing to compare them with. Add "
        "`backends`, `workers` or `pythons`."
    ]


def test_a_workload_that_processes_cannot_run_has_no_ceiling(tmp_path):
    records = [record for python in ("3.14", "3.14t") for record in sweep_records(TIMES, python=python)]
    roles = {one["run"]: "ceiling" for one in records if one["spec"]["backend"] == "process"}
    tables = make_tables(tmp_path / "ok", records, roles=roles)
    assert describe_missing_ceilings(tables["summary"]) == []
    for one in records:
        if one["run"] in roles:
            one.update(status="unsupported", reason="the arguments of tasks cannot be pickled", measured=None)
    tables = make_tables(tmp_path / "unsupported", records, roles=roles)
    assert describe_missing_ceilings(tables["summary"]) == [
        "There is no ceiling for py_loop on 3.14 and 3.14t, as processes cannot run its tasks: the arguments of tasks cannot be "
        "pickled."
    ]
