"""Every column of the tables: its name, unit and meaning. CSV headers, tooltips and the README's table come from here."""

from typing import NamedTuple


class Column(NamedTuple):
    """One column; the unit is "" for words and "1" for ratios."""

    name: str
    unit: str
    meaning: str


KEYS = (
    Column("machine", "", "label of the machine"),
    Column("python", "", "name of the build"),
    Column("experiment", "", "name of the experiment"),
    Column("workload", "", "name of the workload"),
    Column("params", "", "its parameters as JSON, keys sorted"),
    Column("backend", "", "name of the backend"),
    Column("backend_params", "", "those of its parameters that are not at their default, as JSON"),
    Column("workers", "count", "workers that the backend had"),
    Column("workers_asked", "", "what the config asked for: a number, or default"),
    Column("switch_interval_s", "s", "the interval in force; empty where it can have no effect"),
    Column("start", "", "natural: workers begin as they come; together: all wait at a barrier"),
    Column("scaling", "", "strong: the same tasks for any number of workers; weak: the whole list once per worker"),
    Column("timed", "", "which time counts: total (total_s) or work (work_s)"),
)

TIMES = (
    Column("total_s", "s", "from before the first worker is made to after the last is gone"),
    Column("startup_s", "s", "to the start of the first task"),
    Column("work_s", "s", "from the first task's start to the last task's end"),
    Column("teardown_s", "s", "after the last task's end"),
    Column("cpu_s", "s", "CPU time of all workers from their start to their end"),
    Column("task_cpu_s", "s", "CPU time inside the tasks"),
    Column("cores_used", "1", "task_cpu_s / work_s"),
)

USED = (
    Column("workers_used", "count", "workers that ran at least one task"),
    Column("start_method", "", "how processes were started: fork, forkserver or spawn"),
    Column("voluntary_switches", "count", "context switches of all workers because they waited"),
    Column("involuntary_switches", "count", "context switches of all workers because another thread got the CPU"),
    Column("worker_peak_mb", "MiB", "the largest peak of resident memory among the workers' processes"),
)

ROUND = Column("round", "", "which repetition of the sweep, from 1")
ROLE = Column("role", "", "asked, or added: baseline (sequential) or ceiling (processes in steady state)")
STATUS = Column("status", "", "ok, or what went wrong: the worst among the rounds")
FLAGS = Column("flags", "", "words, ';' between, that qualify the numbers")
METRICS = Column("metrics", "", "figures that the workload names, as JSON")

MEMORY = (
    Column("peak_memory_mb", "MiB", "peak of the whole process tree, in an extra sample"),
    Column("memory_kind", "", "pss: shared pages counted once; rss: in each process"),
)

NOISE = (
    Column("other_cpu_s", "s", "CPU time of other processes during the run, on the CPUs that it may use"),
    Column("steal_s", "s", "CPU time that the hypervisor took meanwhile"),
    Column("throttled_s", "s", "for how long the cgroup's quota held CPUs back meanwhile"),
    Column("reference_loop_before_s", "s", "a fixed loop of about 20 ms, before the run"),
    Column("reference_loop_after_s", "s", "the same loop after the run"),
    Column("waited_s", "s", "how long the run waited for quiet (on_noise: wait)"),
    Column("attempts", "count", "how often it was measured (on_noise: repeat); the last one is here"),
    Column("noise", "", "what disturbed it: what was seen, and the most that is let pass"),
)

SPEEDUPS = (
    Column("speedup", "1", "sequential on the same build / this; weak scaling: workers × T_seq(one list) / T"),
    Column("speedup_reference", "1", "the same against sequential on the reference build"),
)

LIMITS = (
    Column(
        "speedup_bound", "1", "what the tasks and the CPUs allow: T_seq / max(best makespan, task CPU / usable CPUs)"
    ),
    Column("speedup_ceiling", "1", "what processes of the same build reach at that worker count in steady state"),
    Column("efficiency", "1", "speedup / workers"),
    Column("efficiency_bound", "1", "speedup / speedup_bound"),
    Column("efficiency_ceiling", "1", "speedup / speedup_ceiling"),
    Column(
        "karp_flatt",
        "1",
        "experimentally determined serial fraction, beyond what uneven tasks explain; empty when weak or with one worker",
    ),
)

CLAIMS = (
    Column(
        "claim",
        "",
        "what the interval of speedup allows to be said, each for itself: faster or slower (by more than 5 %), same "
        "(within 5 %), not shown (no difference shown), no claim (fewer than 6 rounds)",
    ),
    Column("claim_reference", "", "the same of speedup_reference; both are empty where a row is its own baseline"),
    Column("pairing", "", "paired: ratios within each round; unpaired: across calls"),
    Column(
        "rounds_needed", "count", "rounds after which the speedup (of a baseline: its time) would be known to ± 2 %"
    ),
    Column("rounds_disturbed", "count", "rounds that are noisy or drifting"),
)

BUDGET_SHARES = (
    Column("useful", "1", "share of workers × the timed interval: CPU time that the sequence needs, too"),
    Column("extra_cpu", "1", "share: CPU time in the tasks beyond that (POP: loss of computation scalability)"),
    Column(
        "waiting", "1", "share: between a worker's first and last task without a CPU: for the GIL, a lock, a CPU, I/O"
    ),
    Column("startup", "1", "share: before each worker's first task"),
    Column("imbalance", "1", "share: after each worker's last task until the last of all, and workers without a task"),
    Column("teardown", "1", "share: after the last task of all"),
)
BUDGET_METRICS = (
    Column(
        "load_balance", "1", "POP: mean over longest CPU time of the workers; empty where tasks have none of their own"
    ),
    Column("communication_efficiency", "1", "POP: longest CPU time of a worker / the timed interval"),
    Column("parallel_efficiency", "1", "POP: load_balance × communication_efficiency"),
    Column("computation_scalability", "1", "POP: CPU time in sequence / CPU time here"),
    Column("global_efficiency", "1", "POP: parallel_efficiency × computation_scalability"),
)

SUMMARY_MEASURES = (*TIMES, MEMORY[0], *SPEEDUPS)  # those with an interval


def _with_intervals(column):
    ends = ("_low", "lower end of the interval"), ("_high", "upper end of the interval")
    return (column, *(Column(column.name + end, column.unit, f"{column.name}: {text}") for end, text in ends))


AGAINST = (
    Column("against_machine", "", "what it is held against: label of the machine"),
    Column("against_python", "", "name of the build there"),
    Column(
        "kind", "", "build: another build of one machine; again: one machine at another time; machine: another machine"
    ),
)
JUDGED = (
    Column("rounds", "count", "rounds of this one that it rests on"),
    Column("against_rounds", "count", "rounds of the other one"),
    Column("interval", "", "ci95 or range, as in the summary"),
    Column("pairing", "", "paired or unpaired, as in the summary"),
    Column("claim", "", "what the interval allows to be said, as in the summary"),
)
GAIN = Column("gain", "1", "time of the other one / time of this one: above 1 this one is faster")

TABLES = {
    "samples": (
        *KEYS,
        ROLE,
        ROUND,
        Column("run", "", "name of the run and its record"),
        Column("sample", "", "number of the sample in the run, from 0"),
        Column("warmup", "", "True: the sample counts in no median"),
        *TIMES,
        *USED,
    ),
    "runs": (
        *KEYS,
        ROLE,
        ROUND,
        Column("run", "", "name of the run and its record"),
        Column("call", "", "id of the call of Snakemake"),
        Column("started", "", "when the run began, UTC"),
        STATUS._replace(meaning="ok, or what went wrong"),
        Column("reason", "", "why the status is not ok"),
        *TIMES,
        *USED,
        *MEMORY,
        *NOISE,
        Column("wall_s", "s", "from the start of the measured process to its end"),
        Column("snakemake_cpu_s", "s", "CPU time of Snakemake meanwhile"),
        Column("load_1min", "1", "load average before the run"),
        Column("clock_cost_s", "s", "what an empty task is seen to take"),
        Column("source", "", "digest of the workload's source, and of that of a backend of the user's own"),
        Column("protocol", "", "version of the measuring protocol"),
        METRICS,
        FLAGS,
    ),
    "summary": (
        *KEYS,
        ROLE,
        Column("reference", "", "name of the reference build"),
        Column("gil", "", "True: the GIL was on, as read back at the end of the runs"),
        Column("usable_cpus", "count", "CPUs that a run may use"),
        Column("sharing", "", "what the workers do to one object: own (each has its own), read, written or locked"),
        Column("rounds_ok", "count", "rounds that the row rests on"),
        STATUS,
        Column("reason", "", "why the status is not ok, of the first such round"),
        Column("interval", "", "ci95: 95 % interval; range: of fewer than 6 rounds, which makes no claim"),
        *(part for column in SUMMARY_MEASURES for part in _with_intervals(column)),
        *LIMITS,
        *CLAIMS,
        *USED,
        MEMORY[1],
        METRICS,
        FLAGS,
    ),
    "tasks": (
        *KEYS,
        ROUND,
        Column("task", "", "number of the task, from 0"),
        Column("worker", "", "number of the worker, from 0"),
        Column("start_s", "s", "from the sample's beginning to the task's start"),
        Column("end_s", "s", "from the sample's beginning to the task's end"),
        Column("cpu_s", "s", "CPU time inside the task; empty for coroutines"),
    ),
    "segments": (
        *KEYS,
        ROUND,
        Column("worker", "", "number of the worker, from 0"),
        Column("start_s", "s", "from the sample's beginning to the moment when the worker began to run"),
        Column("end_s", "s", "from the sample's beginning to the moment when it ceased to"),
    ),
    "budget": (
        *KEYS,
        Column("rounds", "count", "rounds that the means rest on"),
        *BUDGET_SHARES,
        *BUDGET_METRICS,
    ),
    "metrics": (
        *KEYS,
        Column("metric", "", "name of the figure that the workload names"),
        Column("rounds", "count", "rounds that have it"),
        *_with_intervals(
            Column("value", "", "median over the rounds; of a count of so many, the share over all rounds")
        ),
        Column(
            "interval", "", "ci95 and range as in the summary; clopper_pearson: takes each of the counted for itself"
        ),
    ),
    "scaling": (
        *(key for key in KEYS if key.name not in ("workers", "workers_asked")),
        Column("worker_counts", "count", "numbers of workers up to the usable CPUs that the fits rest on"),
        Column("rounds", "count", "rounds that have them all"),
        Column("interval", "", "bootstrap: expanded percentile interval over the rounds; empty below 6 rounds"),
        *_with_intervals(Column("serial", "1", "Amdahl's serial fraction; from 3 worker counts on")),
        *_with_intervals(Column("sigma", "1", "USL: contention; from 5 worker counts on")),
        *_with_intervals(Column("kappa", "1", "USL: coherence, the cost of agreeing")),
        *_with_intervals(Column("peak_workers", "count", "USL: where more workers begin to do harm; inf if nowhere")),
    ),
    "break_even": (
        *(key for key in KEYS if key.name != "workers"),
        Column("axis", "", "what grows: a parameter of the workload, or workers"),
        Column("against", "", "sequential on the same build, or on the reference build"),
        Column(
            "kind",
            "",
            "from or up to the value; always, never, or only between the ends of what was measured; unclear; no claim",
        ),
        *_with_intervals(Column("value", "", "where this backend begins (or ceases) to be faster")),
        Column("rounds", "count", "rounds that it rests on"),
    ),
    "fastest": (
        *KEYS,
        *_with_intervals(SPEEDUPS[0]),
        Column("claim", "", "what the interval of this speedup allows to be said"),
        Column(
            "candidates",
            "count",
            "backends that were compared, each at its best number of workers; the sequence is one",
        ),
        Column("runner_up", "", "the next best: backend and workers"),
        Column("runner_up_backend", "", "its backend"),
        *_with_intervals(Column("margin", "1", "time of the runner-up / time of the fastest")),
        Column("interval", "", "ci95 or range, as in the summary, of the margin"),
        Column("pairing", "", "paired or unpaired, as in the summary, of the margin"),
        Column("verdict", "", "fastest: faster than each other one by a claim of its own; tied; no claim; or alone"),
        Column("tied", "", "those not shown to be slower, ';' between"),
    ),
    "builds": (
        Column("machine", "", "label of the machine"),
        Column("python", "", "name of the build"),
        Column("implementation", "", "CPython, PyPy …"),
        Column("version", "", "its version"),
        Column("free_threaded", "", "True: built to run without the GIL"),
        Column("gil", "", "True: the GIL is on after its start"),
        Column("jit", "", "True: the JIT is on"),
        Column("compiler", "", "what it was compiled with"),
        Column("pgo", "", "True: with profile-guided optimisation"),
        Column("lto", "", "True: with link-time optimisation"),
    ),
    "changes": (
        *KEYS,
        *AGAINST,
        Column("time_s", "s", "median of the time that counts, of one task list"),
        Column("against_s", "s", "the same of the other one"),
        *_with_intervals(GAIN),
        *JUDGED,
        FLAGS,
    ),
    "means": (
        *(key for key in KEYS if key.name not in ("workload", "params")),
        *AGAINST,
        Column("workloads", "count", "workloads, with their parameters, that both have"),
        *_with_intervals(GAIN._replace(meaning="geometric mean over the workloads of what changes.csv calls gain")),
        *JUDGED,
    ),
    "shapes": (
        *KEYS,
        *AGAINST[:2],
        Column("at", "", "what is equal: workers, or the share (workers / usable CPUs)"),
        Column("usable_cpus", "count", "CPUs that a run may use"),
        Column("against_workers", "count", "workers of the other one"),
        Column("against_usable_cpus", "count", "CPUs that a run of the other one may use"),
        *(
            Column(f"{prefix}{name}", "1", f"{whose}{meaning}")
            for prefix, whose in (("", ""), ("against_", "of the other one: "))
            for name, meaning in (
                ("speedup", "sequential on the same machine and build / this"),
                ("speedup_ceiling", "what processes reach there"),
                ("efficiency", "speedup / workers"),
            )
        ),
        *_with_intervals(
            Column(
                "gain",
                "1",
                "at equal workers speedup / that of the other one; at equal share efficiency / that of the other",
            )
        ),
        *JUDGED,
        FLAGS,
    ),
    "one_sided": (
        *KEYS,
        *AGAINST,
        Column("reason", "", "why the other one has no time of it"),
    ),
    "noise": (
        *KEYS,
        Column("against", "", "name of the same build that it is held against"),
        Column("rounds", "count", "rounds that both have"),
        *_with_intervals(Column("ratio", "1", "time of the one / time of the other, which is 1 in truth")),
        Column("interval", "", "ci95 or range, as in the summary"),
        Column("pairing", "", "paired or unpaired, as in the summary"),
        Column("claim", "", "what the interval would allow to be said"),
    ),
    "quality": (
        Column("machine", "", "label of the machine"),
        Column("python", "", "name of the build"),
        Column("backend", "", "name of the backend"),
        Column("runs", "count", "runs that are ok"),
        Column("noisy", "count", "of them with the flag noisy"),
        Column("drifting", "count", "with the flag drifting"),
        Column("throttled", "count", "with the flag throttled"),
        Column("repeated", "count", "attempts that were thrown away because they were disturbed (on_noise: repeat)"),
        Column("waited_s", "s", "time waited for quiet (on_noise: wait)"),
    ),
    "failures": (
        *KEYS,
        ROUND,
        Column("run", "", "name of the run and its record"),
        STATUS._replace(meaning="failed, wrong_result, timeout, crashed, or damaged (the record cannot be read)"),
        Column("reason", "", "what happened"),
    ),
}

FLAG_MEANINGS = {
    "few_rounds": "fewer than 6 rounds, of the row or of its baseline: ranges instead of intervals, and no claim",
    "gil_reenabled": "the GIL came back on in a build that runs without it",
    "noisy": "other processes or the hypervisor took more than 5 % of the CPUs during a run",
    "drifting": "a fixed loop took more than 10 % longer or shorter after a run than before it",
    "throttled": "the cgroup's quota held the CPUs back for more than 1 % of a run",
    "settings_differ": "hash seed, JIT or thread limits read back in the build are not what was set",
    "gil_differs": "a worker's GIL was not in the state that the build showed when it was asked",
    "interval_differs": "a worker read back another switch interval than was set",
    "idle_workers": "some workers ran no task",
    "oversubscribed": "more workers at work than usable CPUs, on tasks that do not wait",
    "too_short": "the tasks take less than 100 times what the clocks cost",
    "snakemake_busy": "Snakemake took more than 1 % of a core and 2 ms during a run",
    "separate_calls": "the compared runs were measured in different calls: unpaired",
    "unlike_sources": "the source of the workload, or of a backend of the user's own, is not the same on both sides",
    "unlike_builds": "version, compiler, PGO or LTO differ from the reference build's",
}

_WHOLE = (
    "workers",
    "workers_used",
    "against_workers",
    "usable_cpus",
    "against_usable_cpus",
    "rounds_ok",
    "round",
    "sample",
    "task",
    "worker",
    "rounds",
    "against_rounds",
    "rounds_disturbed",
    "workloads",
    "protocol",
    "candidates",
)
_TRUTHS = ("warmup", "gil", "free_threaded", "jit", "pgo", "lto")
_OF_ANY_UNIT = ("value", "value_low", "value_high")


def names(table):
    """The names of a table's columns, in their order."""
    return [column.name for column in TABLES[table]]


def kind(column):
    """What a column of the registry holds, as a type of pandas: "str", "Int64", "bool" or "float"."""
    if column.name in _TRUTHS:
        return "bool"
    if column.name in _WHOLE:
        return "Int64"
    return "float" if column.unit or column.name in _OF_ANY_UNIT else "str"
