import math
from types import SimpleNamespace

import pytest
from gil_scaling.analysis.flags import describe_noise, find_flags

from tests.support import make_record, make_sample

NOISY = {"flag": "noisy", "reading": "other_share", "value": 0.123, "limit": 0.05}


def flags(samples=None, *, gil=True, usable_cpus=2, kind="threads", spec=None, **changes):
    """The flags of a record of some samples, of a build with or without GIL; changes: to the record or its `measured`."""
    samples = samples or [make_sample()]
    record = make_record(samples=samples, spec=spec)
    for name, value in changes.items():
        (record if name in record else record["measured"])[name] = value
    return find_flags(record, samples, SimpleNamespace(gil=gil), usable_cpus, kind)


def test_a_plain_run_has_no_flags():
    assert flags() == []


@pytest.mark.parametrize(
    ("flag", "sample", "changes"),
    [
        ("gil_differs", {"gil": False}, {}),
        ("interval_differs", {"interval_s": 0.1}, {}),
        ("idle_workers", {"workers_used": 1}, {}),
        ("too_short", {"durations": (1e-5, 1e-5)}, {}),
        ("snakemake_busy", {}, {"snakemake_cpu_s": 0.06}),
        ("oversubscribed", {"workers": 3}, {}),
        ("noisy", {}, {"noise": [NOISY]}),
    ],
)
def test_flags_qualify_a_run(flag, sample, changes):
    assert flags([make_sample(**sample)], **changes) == [flag]


def test_flags_are_sorted():
    assert flags([make_sample(workers=3, interval_s=0.1)], noise=[NOISY]) == [
        "interval_differs",
        "noisy",
        "oversubscribed",
    ]


@pytest.mark.parametrize("changes", [{"usable_cpus": math.inf}, {"kind": "coroutines"}])
def test_waiting_tasks_and_coroutines_are_not_oversubscribed(changes):
    assert flags([make_sample(workers=3)], **changes) == []


def test_a_summary_of_tasks_shows_that_they_are_too_short():
    summary = [{"worker": 0, "count": 2000, "first_s": 0, "last_s": 1, "cpu_s": 1.0, "quantiles_s": [1e-5] * 5}]
    assert flags([make_sample(tasks=None, task_summary=summary)]) == ["too_short"]


@pytest.mark.parametrize(("gil", "expected"), [(True, "gil_reenabled"), (False, None)])
def test_a_gil_that_is_back_on_is_a_flag(gil, expected):
    found = flags([make_sample(gil=False)], gil=False, gil_before=False, gil_after=gil)
    assert found == [flag for flag in [expected] if flag]


@pytest.mark.parametrize(
    ("read_back", "env", "differs"),
    [
        ({"hash_seed": "1", "jit": False, "thread_limits": {"OMP_NUM_THREADS": "1"}}, {}, False),
        ({"hash_seed": None}, {}, True),
        ({"hash_seed": "7"}, {"PYTHONHASHSEED": "7"}, False),
        ({"jit": True}, {}, True),
        ({"jit": True}, {"PYTHON_JIT": "1"}, False),
        ({"thread_limits": {"OMP_NUM_THREADS": "8"}}, {}, True),
        ({"thread_limits": {"OMP_NUM_THREADS": "8"}}, {"OMP_NUM_THREADS": "8"}, False),
    ],
)
def test_settings_not_read_back_as_set_are_a_flag(read_back, env, differs):
    assert flags(spec={"env": env}, flags=read_back) == ["settings_differ"] * differs


def test_noise_is_described_with_its_limit():
    drifting = {"flag": "drifting", "reading": "reference_loop_drift", "value": 0.2, "limit": 0.1}
    assert describe_noise([]) == ""
    assert describe_noise([NOISY, drifting]) == (
        "noisy: other_share 0.12, at most 0.05; drifting: reference_loop_drift 0.2, at most 0.1"
    )


@pytest.mark.parametrize(
    ("first_s", "later_s", "kind", "is_warm"),
    [
        (1.0, 0.5, "threads", True),
        (1.0, 0.51, "sequential", False),
        (1.0, 0.5, "processes", False),
        (0.0019, 0.0010, "sequential", False),
    ],
)
def test_later_samples_several_times_faster_are_warm(first_s, later_s, kind, is_warm):
    samples = [make_sample(warmup=True, durations=(first_s,)), make_sample(durations=(later_s,))]
    assert ("warm_state" in flags(samples, kind=kind)) == is_warm


@pytest.mark.parametrize(("changed", "expected"), [(None, []), (False, []), (True, ["arguments_changed"])])
def test_reused_arguments_that_changed_are_a_flag(changed, expected):
    assert flags(flags={"arguments_changed": changed}) == expected
