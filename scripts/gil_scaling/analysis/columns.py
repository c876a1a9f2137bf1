"""The registry of columns: name, type, unit, meaning, vocabulary and limit of each column of each table.

CSV headers and dtypes, the tooltips of the report and the tables in results/README.md come from it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from gil_scaling import record

if TYPE_CHECKING:  # the Snakefile imports this module, and without pandas
    import pandas as pd

STR, INT, FLOAT, BOOL = "str", "Int64", "float", "bool"  # as pandas names them; a bool may be unknown

DAMAGED = "damaged"  # the status of a run whose record cannot be used

FASTER, SLOWER, SAME, NOT_SHOWN, NO_CLAIM = CLAIM_WORDS = ("faster", "slower", "same", "not shown", "no claim")
CI95, RANGE = INTERVAL_WORDS = ("ci95", "range")
BETTER, WORSE = "better", "worse"
PAIRED, UNPAIRED = PAIRING_WORDS = ("paired", "unpaired")
CONTROLS = ("ceiling", "control")  # roles of what is measured for the sake of others, and is neither drawn nor ranked
ROLE_WORDS = ("asked", "baseline", *CONTROLS)
KIND_WORDS = ("sequential", "threads", "processes", "interpreters", "coroutines")
SHARING_WORDS = ("own", "read", "written", "locked")
STATUS_WORDS = (*record.STATUSES, DAMAGED)  # from best to worst
BUILD, AGAIN, MACHINE = AGAINST_WORDS = ("build", "again", "machine")
BASELINE = "baseline"
DEFAULT_INTERVAL_S = 0.005  # Python's default switch interval
WORKERS, SHARE = AT_WORDS = ("workers", "share")
SWITCH_WORDS = ("off", "on")
FASTEST, TIED, ALONE = "fastest", "tied", "alone"
INSIDE, OUTSIDE = "inside", "outside"


class Column(NamedTuple):
    """One column.

    type: STR, INT, FLOAT or BOOL; unit: "" for words, "1" for ratios; words: all values that a column of words may hold,
    () for any; min: the smallest value of a number, None for any; derive: computes a column of the summary from those
    before it; None where tables/ does.
    """

    name: str
    type: str
    unit: str
    meaning: str
    words: tuple[str, ...] = ()
    min: float | None = None
    derive: Callable[[pd.DataFrame], pd.Series] | None = None


def _words(name: str, meaning: str, words: tuple[str, ...] = ()) -> Column:
    return Column(name, STR, "", meaning, words)


def _bool(name: str, meaning: str) -> Column:
    return Column(name, BOOL, "", meaning)


def _ratio(name: str, meaning: str) -> Column:
    return Column(name, FLOAT, "1", meaning, min=0)


def _unitless(name: str, meaning: str) -> Column:
    return Column(name, FLOAT, "1", meaning)


def _number(name: str, meaning: str, min: float) -> Column:
    return Column(name, INT, "", meaning, min=min)


def _seconds(name: str, meaning: str) -> Column:
    return Column(name, FLOAT, "s", meaning, min=-record.ROUNDING_S)


def _count(name: str, meaning: str, min: float = 0) -> Column:
    return Column(name, INT, "count", meaning, min=min)


def _speedup_over(divisor: str, name: str) -> Column:
    derive = lambda table: table["speedup"] / table[divisor]  # noqa: E731
    return Column(name, FLOAT, "1", f"speedup / {divisor}", min=0, derive=derive)


def _with_interval(column: Column) -> tuple[Column, Column, Column]:
    """The column, and those of the lower and the upper end of its confidence interval."""
    ends = (("_low", "lower"), ("_high", "upper"))
    low, high = (
        column._replace(name=column.name + suffix, meaning=f"{column.name}: {end} end of the interval")
        for suffix, end in ends
    )
    return column, low, high


# What identifies a row, and how it is drawn; made once, when result sets are read.
IDENTITY = (
    _words("combination", "id of the combination: machine/build/case"),
    _words("case", "id of the combination without machine and build: what is compared across them"),
    _words("panel", "the workload as drawn: its name and those of its parameters that differ"),
    _words("series", "the backend as drawn, with its parameters, and the switch interval where there are several"),
    _words("label", "series × workers"),
    _words("build", "the build as drawn: its name, after the machine's where there are several machines"),
)

# What a combination consists of. `python` and `machine` are all that two combinations of one case do not share.
KEYS = (
    _words("machine", "label of the machine"),
    _words("python", "name of the build"),
    _words("experiment", "name of the experiment"),
    _words("workload", "name of the workload"),
    _words("params", "its parameters as JSON, keys sorted"),
    _words("backend", "name of the backend"),
    _words("backend_params", "those of its parameters that are not at their default, as JSON"),
    _words("backend_kind", "what its workers are", KIND_WORDS),
    _count("workers", "workers that the backend had", 1),
    _words("workers_asked", "workers in the config: a number, or default"),
    Column("switch_interval_s", FLOAT, "s", "the switch interval in force; empty where it can have no effect", min=0),
    _words("start", "natural: workers begin as they come; together: all wait at a barrier", ("natural", "together")),
    _words(
        "scaling",
        "strong: the same tasks for any number of workers; weak: the whole list once per worker",
        ("strong", "weak"),
    ),
    _words("timed", "which time counts: total (total_s) or work (work_s)", ("total", "work")),
)

COMBINATION = (*IDENTITY, *KEYS)  # what tables with a row per combination begin with

# What makes up a case; a way to run is one of any workload, a line one at any number of workers.
CASE = ("experiment", "workload", "params", "backend", "backend_params", "workers_asked", "start", "scaling")
WAY = tuple(name for name in CASE if name not in ("workload", "params"))
LINE = tuple(name for name in CASE if name != "workers_asked")
BLOCK = ("machine", "python", "experiment", "workload", "params")  # what shares a baseline
ORDER = (
    "experiment",
    "workload",
    "params",
    "python",
    "backend",
    "workers",
    "switch_interval_s",
)  # of the rows of a table

TIMES = (
    _seconds("total_s", "from before the first worker is made to after the last is gone"),
    _seconds("startup_s", "until the start of the first task"),
    _seconds("work_s", "from the start of the first task to the end of the last"),
    _seconds("teardown_s", "after the end of the last task"),
    _seconds("cpu_s", "CPU time of all workers from their start to their end"),
    _seconds("task_cpu_s", "CPU time inside the tasks"),
    Column("cores_used", FLOAT, "1", "task_cpu_s / work_s", min=-record.ROUNDING_S),
)

USED = (
    _count("workers_used", "workers that ran at least one task", 1),
    _words("start_method", "how processes were started: fork, forkserver or spawn"),
    Column("voluntary_switches", FLOAT, "count", "context switches of all workers because they waited", min=0),
    Column(
        "involuntary_switches",
        FLOAT,
        "count",
        "context switches of all workers because another thread got the CPU",
        min=0,
    ),
    Column("worker_peak_mb", FLOAT, "MiB", "peak resident memory of the largest worker process", min=0),
)

ROUND = _number("round", "number of the round, from 1", 1)
ROLE = _words(
    "role",
    "asked, or added: baseline (sequential), ceiling (processes in steady state) or control (one thread alone)",
    ROLE_WORDS,
)
RUN = _words("run", "name of the run and of its record")
STATUS = _words("status", "ok, or the worst status among the rounds", STATUS_WORDS)
FLAGS = _words("flags", "words that qualify the numbers, separated by ';'")
METRICS = _words("metrics", "further numbers that the workload reports, as JSON")
INTERVAL = _words(
    "interval", "ci95: 95 % confidence interval; range: of fewer than 6 rounds, which makes no claim", INTERVAL_WORDS
)
PAIRING = _words("pairing", "paired: ratios within each round; unpaired: across calls", PAIRING_WORDS)
CLAIM = _words(
    "claim",
    "what the confidence interval of the speedup supports, each for itself: faster or slower (by more than 5 %), same "
    "(within 5 %), not shown (no difference shown), no claim (fewer than 6 rounds)",
    CLAIM_WORDS,
)

MEMORY = (
    Column("peak_memory_mb", FLOAT, "MiB", "peak memory of the whole process tree, in an extra sample", min=0),
    _words("memory_kind", "pss: shared pages count once; rss: in each process"),
)

NOISE = (
    _seconds("other_cpu_s", "CPU time of other processes during the run, on the CPUs that it may use"),
    Column("steal_s", FLOAT, "s", "CPU time that the hypervisor took during the run"),
    Column("throttled_s", FLOAT, "s", "time that the cgroup's CPU quota stopped the run"),
    _seconds(
        "reference_loop_before_s",
        "a fixed loop of about 20 ms, of which an eighth is timed, before the run; reused from the previous run if that ended within 1 s",
    ),
    _seconds("reference_loop_after_s", "the same loop after the run"),
    _seconds("waited_s", "time that the run waited for a quiet machine (on_noise: wait)"),
    _count("attempts", "how often the run was measured (on_noise: repeat); the last attempt counts", 1),
    _words("noise", "what disturbed the run: the reading and its limit"),
)

SPEEDUPS = (
    _ratio("speedup", "sequential on the same build / this; weak scaling: workers × T_seq(one list) / T"),
    _ratio("speedup_reference", "the same against sequential on the reference build"),
)

LIMITS = (
    _ratio("speedup_bound", "what the tasks and the CPUs allow: T_seq / max(best makespan, task CPU / usable CPUs)"),
    _ratio("speedup_ceiling", "what processes of the same build reach at that worker count in steady state"),
    _speedup_over("workers", "efficiency"),
    _speedup_over("speedup_bound", "efficiency_bound"),
    *_with_interval(
        _ratio(
            "efficiency_ceiling",
            "speedup / speedup_ceiling, over the ratio of each round; its interval is empty below 6 rounds",
        )
    ),
    _unitless(
        "karp_flatt",
        "experimentally determined serial fraction, beyond what uneven tasks explain; empty when weak or with one worker",
    ),
)

CLAIMS = (
    CLAIM,
    CLAIM._replace(
        name="claim_reference", meaning="the same for speedup_reference; both are empty where a row is its own baseline"
    ),
    PAIRING,
    Column(
        "rounds_needed",
        FLOAT,
        "count",
        "rounds after which the speedup (of a baseline: its time) would be known to within ±2 %",
        min=0,
    ),
    _count("rounds_disturbed", "rounds with the flag noisy or drifting"),
)

RATES = (
    _count("task_count", "tasks of one sample", 1),
    Column(
        "tasks_per_s",
        FLOAT,
        "1/s",
        "task_count / the median time that counts",
        min=0,
        derive=lambda table: table["task_count"] / table["work_s"].where(table["timed"].eq("work"), table["total_s"]),
    ),
)

BUDGET_SHARES = (
    _unitless("useful", "share of workers × the timed interval: CPU time that sequential needs, too"),
    _unitless("extra_cpu", "share: CPU time in the tasks beyond that (POP: loss of computation scalability)"),
    _unitless(
        "waiting", "share: between a worker's first and last task without a CPU: for the GIL, a lock, a CPU, I/O"
    ),
    _unitless("startup", "share: before each worker's first task"),
    _unitless("imbalance", "share: after each worker's last task until the last of all, and workers without tasks"),
    _unitless("teardown", "share: after the last task of all"),
)
BUDGET_METRICS = (
    _unitless(
        "load_balance",
        "POP: mean over longest CPU time of the workers; empty where tasks have no CPU time of their own",
    ),
    _unitless("communication_efficiency", "POP: longest CPU time of a worker / the timed interval"),
    _unitless("parallel_efficiency", "POP: load_balance × communication_efficiency"),
    _unitless("computation_scalability", "POP: sequential CPU time / CPU time here"),
    _unitless("global_efficiency", "POP: parallel_efficiency × computation_scalability"),
)

SUMMARY_MEASURES = (*TIMES, MEMORY[0], *SPEEDUPS)  # those with a confidence interval

AGAINST = (
    _words("against_machine", "label of the machine on the other side"),
    _words("against_python", "name of the build on the other side"),
    _words("against_build", "the build on the other side as drawn"),
    _words("kind", "build: another build of one machine; again: one machine at another time", (BUILD, AGAIN)),
)
JUDGED = (
    _count("rounds", "rounds of this side"),
    _count("against_rounds", "rounds of the other side"),
    INTERVAL,
    PAIRING,
    CLAIM._replace(meaning="what the confidence interval supports, as in the summary"),
)
METRIC = (
    _words("metric", "name of the number that the workload reports"),
    _words("better", "which values are better, as the workload declares; empty if not", ("lower", "higher")),
)
GAIN = _ratio("gain", "time of the other side / time of this one: above 1 this one is faster")
USABLE_CPUS = _count("usable_cpus", "CPUs that a run may use", 1)
ROUNDS = _count("rounds", "rounds that the row rests on")


def _without(columns: tuple[Column, ...], *names: str) -> tuple[Column, ...]:
    return tuple(column for column in columns if column.name not in names)


TABLES = {
    "samples": (
        *COMBINATION,
        ROLE,
        ROUND,
        RUN,
        _number("sample", "number of the sample in the run, from 0", 0),
        _bool("warmup", "True: the sample counts in no median"),
        *TIMES,
        *USED,
    ),
    "runs": (
        *COMBINATION,
        ROLE,
        ROUND,
        RUN,
        _words("call", "id of the Snakemake call"),
        _words("host", "host that measured the run"),
        _words("started", "start of the run, UTC"),
        STATUS._replace(meaning="ok, or what went wrong"),
        _words("reason", "why the status is not ok"),
        *TIMES,
        *USED,
        *MEMORY,
        *NOISE,
        _seconds("wall_s", "from the start of the measured process to its end"),
        _seconds("snakemake_cpu_s", "CPU time of Snakemake during the run"),
        _unitless("load_1min", "load average before the run"),
        _seconds("clock_cost_s", "apparent duration of an empty task"),
        _words("gil_modules", "modules that switched the GIL on, as far as Python's warnings tell"),
        _words("thread_libraries", "libraries loaded that may start threads of their own, with their limits"),
        _words("source", "digest of the workload's source, and of that of a custom backend"),
        _number("protocol", "version of the measuring protocol", 1),
        METRICS,
        FLAGS,
    ),
    "summary": (
        *COMBINATION,
        ROLE,
        _words("reference", "name of the reference build"),
        _words("reference_build", "the reference build as drawn"),
        _bool("gil", "True: the GIL was on, as read back at the end of the runs"),
        USABLE_CPUS,
        _words(
            "sharing",
            "what the workers do to one object: own (each has its own), read, written or locked",
            SHARING_WORDS,
        ),
        _count("rounds_ok", "rounds that the row rests on"),
        STATUS,
        _words("reason", "why the status is not ok, from the first such round"),
        INTERVAL,
        *(part for column in SUMMARY_MEASURES for part in _with_interval(column)),
        *RATES,
        *LIMITS,
        *CLAIMS,
        *USED,
        MEMORY[1],
        METRICS,
        FLAGS,
    ),
    "tasks": (
        *COMBINATION,
        ROUND,
        _number("task", "number of the task, from 0", 0),
        _number("worker", "number of the worker, from 0", 0),
        _seconds("start_s", "from the sample's beginning to the task's start"),
        _seconds("end_s", "from the sample's beginning to the task's end"),
        _seconds("cpu_s", "CPU time inside the task; empty for coroutines"),
    ),
    "segments": (
        *COMBINATION,
        ROUND,
        _number("worker", "number of the worker, from 0", 0),
        _seconds("start_s", "from the sample's beginning to the time the worker began to run"),
        _seconds("end_s", "from the sample's beginning to the time it stopped"),
    ),
    "budget": (*COMBINATION, ROUNDS, *BUDGET_SHARES, *BUDGET_METRICS),
    "metrics": (
        *COMBINATION,
        *METRIC,
        ROUNDS,
        *_with_interval(Column("value", FLOAT, "", "median over the rounds; of a count, its share over all rounds")),
        INTERVAL._replace(
            meaning="ci95 and range as in the summary; clopper_pearson: exact for a share of independent trials",
            words=(*INTERVAL_WORDS, "clopper_pearson"),
        ),
    ),
    "metric_changes": (
        *COMBINATION,
        *METRIC,
        *AGAINST[:3],
        AGAINST[3]._replace(
            meaning=f"baseline: sequential, or the fewest workers, on the same build; {AGAINST[3].meaning}",
            words=(BASELINE, BUILD, AGAIN),
        ),
        _words("against_label", "the combination on the other side: series × workers"),
        Column("value", FLOAT, "", "median over the rounds"),
        Column("against_value", FLOAT, "", "the same of the other side"),
        *_with_interval(_ratio("ratio", "value / that of the other side; empty if one is 0 or negative")),
        *_with_interval(Column("difference", FLOAT, "", "value − that of the other side")),
        *JUDGED[:-1],
        CLAIM._replace(
            meaning="what the confidence interval of the ratio supports, or of the difference where there is no ratio: better or "
            "worse (by more than 5 %), same (within 5 %), not shown, no claim; empty where better is",
            words=(BETTER, WORSE, SAME, NOT_SHOWN, NO_CLAIM),
        ),
    ),
    "scaling": (
        *_without(COMBINATION, "combination", "case", "label", "workers", "workers_asked"),
        _count("worker_counts", "numbers of workers up to the usable CPUs that the fits rest on"),
        ROUNDS,
        _words(
            "interval", "bootstrap: expanded percentile interval over the rounds; empty below 6 rounds", ("bootstrap",)
        ),
        *_with_interval(_unitless("serial", "Amdahl's serial fraction; from 3 worker counts on")),
        *_with_interval(_unitless("sigma", "USL: contention; from 5 worker counts on")),
        *_with_interval(_unitless("kappa", "USL: coherence, the cost of agreement between workers")),
        *_with_interval(
            Column(
                "peak_workers", FLOAT, "count", "USL: worker count beyond which more workers are slower; inf if none"
            )
        ),
    ),
    "predictions": (
        *_without(COMBINATION, "combination", "case", "label", "workers", "workers_asked"),
        _count("worker_counts", "numbers of workers up to the usable CPUs that were measured"),
        ROUNDS,
        _count("measured_workers", "the largest of them", 1),
        _count(
            "predicted_workers",
            "worker count predicted: twice as many, at most the usable CPUs, or the physical cores",
            1,
        ),
        *_with_interval(
            SPEEDUPS[0]._replace(
                meaning="predicted speedup; its interval is a 95 % prediction interval over rounds and scaling laws"
            )
        ),
        _count("checks", "of the largest worker counts, how many were left out and predicted from the others"),
        _count(
            "checks_covered",
            "how many of these lie in their prediction interval; a prediction needs 2 checks, 80 % of them covered, and that of the largest count",
        ),
        _words("reason", "why there is no prediction"),
    ),
    "break_even": (
        *_without(COMBINATION, "combination", "case", "label", "workers"),
        _words("axis", "what grows: a parameter of the workload, or workers"),
        _words("against", "sequential on the same build, or on the reference build"),
        _words(
            "kind",
            "from or up to the value; always, never, or only between the ends of what was measured; unclear; no claim",
        ),
        *_with_interval(Column("value", FLOAT, "", "where this backend starts (or stops) being faster")),
        ROUNDS,
    ),
    "fastest": (
        *COMBINATION,
        *_with_interval(SPEEDUPS[0]),
        CLAIM._replace(meaning="what the confidence interval of this speedup supports"),
        _count("candidates", "backends compared, each at its best number of workers, sequential included", 1),
        _words("runner_up", "the next best: backend and workers"),
        _words("runner_up_backend", "its backend"),
        *_with_interval(_ratio("margin", "time of the runner-up / time of the fastest")),
        INTERVAL._replace(meaning="ci95 or range, as in the summary, of the margin"),
        PAIRING._replace(meaning="paired or unpaired, as in the summary, of the margin"),
        _words(
            "verdict",
            "fastest: faster than each other one by a claim of its own; tied; no claim; or alone",
            (FASTEST, TIED, NO_CLAIM, ALONE),
        ),
        _words("tied", "those not shown to be slower, separated by ';'"),
    ),
    "choices": (
        *COMBINATION,
        _count("place", "1 is the fastest of its workload", 1),
        _seconds("time_s", "median of the time that counts, per task list"),
        *_with_interval(_ratio("margin", "time of this one / time of the fastest; empty for it")),
        INTERVAL,
        PAIRING,
        CLAIM._replace(meaning="whether the fastest is faster than this one, as in the summary; empty for the fastest"),
    ),
    "recommendations": (
        *COMBINATION,
        *_with_interval(SPEEDUPS[0]),
        CLAIM._replace(
            meaning="what the confidence interval of this speedup supports; no claim: nothing is recommended"
        ),
        *_with_interval(_ratio("regret", "time of this one / time of the fastest, which is not shown to be faster")),
        INTERVAL._replace(meaning="ci95 or range, as in the summary, of the regret"),
        PAIRING._replace(meaning="paired or unpaired, as in the summary, of the regret"),
        _words("fastest", "the combination with the smallest median time"),
        *_with_interval(_ratio("fastest_speedup", "its speedup")),
        _count("candidates", "combinations compared, sequential included", 1),
        Column("memory_mb", FLOAT, "MiB", "median of the peak memory", min=0),
    ),
    "builds": (
        _words("machine", "label of the machine"),
        _words("python", "name of the build"),
        IDENTITY[-1],
        _words("implementation", "CPython, PyPy …"),
        _words("version", "its version"),
        _bool("free_threaded", "True: built to run without the GIL"),
        _bool("gil", "True: the GIL is on after its start"),
        _bool("jit", "True: the JIT is on"),
        _words("compiler", "the compiler that built it"),
        _bool("pgo", "True: with profile-guided optimisation"),
        _bool("lto", "True: with link-time optimisation"),
        _words("packages", "what its environment holds, with versions; empty for a build without the key packages"),
        _words("gil_packages", "those of its required packages whose import turns the GIL on"),
    ),
    "machines": (
        _words("machine", "label of the machine"),
        _words("name", "its own label, which result sets of one machine at several times share"),
        _words("cpu_model", "model of its CPUs"),
        _count("sockets", "sockets with CPUs", 1),
        _count("physical_cpus", "cores", 1),
        _count("logical_cpus", "CPUs that the system shows", 1),
        USABLE_CPUS,
        _words("smt", "simultaneous multithreading: several CPUs on one core", SWITCH_WORDS),
        Column("memory_mb", INT, "MiB", "memory", min=0),
        _words("kernel", "release of the kernel"),
        _words("governor", "governor of the CPU frequency"),
        _words("turbo", "frequencies above the nominal one", SWITCH_WORDS),
        _words("hypervisor", "vendor of the hypervisor; empty for none, or where not known"),
    ),
    "changes": (
        *COMBINATION,
        *AGAINST,
        _seconds("time_s", "median of the time that counts, per task list"),
        _seconds("against_s", "the same of the other side"),
        *_with_interval(GAIN),
        *JUDGED,
        FLAGS,
    ),
    "counterparts": (
        *COMBINATION,
        _words("against_workload", "name of the counterpart"),
        _words("against_panel", "the counterpart as drawn"),
        _seconds("time_s", "median of the time that counts, per task list"),
        _seconds("against_s", "the same of the counterpart"),
        *_with_interval(
            GAIN._replace(meaning="time of the counterpart / time of this workload: above 1 this one is faster")
        ),
        *JUDGED,
        FLAGS,
    ),
    "without_gil": (
        *COMBINATION,
        _words("reference_build", "the build with the GIL, as drawn, from which it is predicted"),
        USABLE_CPUS,
        *_with_interval(_ratio("speedup_ceiling", "sequential there / processes there in steady state")),
        *_with_interval(_ratio("tax", "sequential on this build / sequential there")),
        *_with_interval(_ratio("predicted", "speedup_ceiling / tax: predicted speedup over sequential there")),
        *_with_interval(_ratio("measured", "sequential there / this: the measured speedup")),
        *_with_interval(_ratio("error", "predicted / measured, in pairs of runs: 1 for no error")),
        ROUNDS,
        INTERVAL,
        _words("reason", "why nothing is predicted"),
        _words("tax_source", "the other sweep that measured the tax; empty for this one"),
        _words("tax_build", "the build there without the GIL"),
        _count("tax_workloads", "workloads there, whose median the tax is if none of them is the same"),
        _ratio("tax_error", "error there, median over these workloads"),
        _ratio("tax_error_low", "tax_error: the smallest"),
        _ratio("tax_error_high", "tax_error: the largest"),
    ),
    "means": (
        *_without(COMBINATION, "combination", "case", "panel", "workload", "params"),
        *AGAINST,
        _count("workloads", "workloads, with their parameters, that both sides have"),
        *_with_interval(GAIN._replace(meaning="geometric mean over the workloads of the gains in changes.csv")),
        *JUDGED,
    ),
    "shapes": (
        *COMBINATION,
        *AGAINST[:3],
        _words("at", "what is equal: workers, or the share (workers / usable CPUs)", AT_WORDS),
        USABLE_CPUS,
        _count("against_workers", "workers of the other side", 1),
        _count("against_usable_cpus", "CPUs that a run of the other side may use", 1),
        *(
            _ratio(f"{prefix}{name}", f"{whose}{meaning}")
            for prefix, whose in (("", ""), ("against_", "of the other side: "))
            for name, meaning in (
                ("speedup", "sequential on the same machine and build / this"),
                ("speedup_ceiling", "what processes reach there"),
                ("efficiency", "speedup / workers"),
            )
        ),
        *_with_interval(
            GAIN._replace(
                meaning="at equal workers speedup / that of the other side; at equal share efficiency / that of the other side"
            )
        ),
        *JUDGED,
        FLAGS,
    ),
    "one_sided": (
        *COMBINATION,
        *AGAINST[:3],
        AGAINST[3]._replace(meaning=f"{AGAINST[3].meaning}; machine: another machine", words=AGAINST_WORDS),
        _words("reason", "why the other side has no time of it"),
    ),
    "published": (
        *COMBINATION,
        USABLE_CPUS,
        *_with_interval(SPEEDUPS[0]),
        ROUNDS,
        INTERVAL,
        _ratio("published", "the published ratio at so many workers"),
        _words("published_metric", "what it is: a speedup, or a quotient of two published rates"),
        _words("published_workload", "what was measured there"),
        _words("published_python", "the Python there; its GIL is on or off as here"),
        _words("published_machine", "the machine there"),
        _words("published_cores", "its cores; empty where not stated"),
        _words("published_date", "when it was published"),
        _words("source", "who published it"),
        _words("url", "where"),
        _words("grade", "A: numbers, machine, version and code are public; B: one of these is missing", ("A", "B")),
        _words(
            "verdict",
            "whether the published ratio lies inside the confidence interval of the speedup here, or outside; no claim below 6 rounds",
            (INSIDE, OUTSIDE, NO_CLAIM),
        ),
    ),
    "noise": (
        *COMBINATION,
        _words("against", "name of the same build that it is compared with"),
        ROUNDS._replace(meaning="rounds that both have"),
        *_with_interval(_ratio("ratio", "time under one name / time under the other; the true value is 1")),
        INTERVAL._replace(meaning="ci95 or range, as in the summary"),
        PAIRING._replace(meaning="paired or unpaired, as in the summary"),
        CLAIM._replace(meaning="what the confidence interval would support"),
    ),
    "quality": (
        _words("machine", "label of the machine"),
        _words("python", "name of the build"),
        IDENTITY[-1],
        _words("backend", "name of the backend"),
        _count("runs", "runs that are ok"),
        _count("noisy", "of them with the flag noisy"),
        _count("drifting", "with the flag drifting"),
        _count("throttled", "with the flag throttled"),
        _count("repeated", "attempts discarded because they were disturbed (on_noise: repeat)"),
        _seconds("waited_s", "time waited for a quiet machine (on_noise: wait)"),
    ),
    "failures": (
        *COMBINATION,
        ROUND,
        RUN,
        STATUS._replace(
            meaning="failed, wrong_result, timeout, crashed, or damaged (the record cannot be read)",
            words=tuple(word for word in STATUS_WORDS if word not in ("ok", "unsupported")),
        ),
        _words("reason", "what happened"),
    ),
}

WAITING_SHARES = (
    _unitless("on_cpu", "share of the workers' time in their tasks: on a CPU, without garbage_collector"),
    _unitless(
        "garbage_collector",
        "share: pauses of the garbage collector, of all workers; empty for processes before Python 3.15",
    ),
    _unitless("run_queue", "share: ready to run, but without a CPU; empty where the system does not show it"),
    _unitless("lock_or_gil", "share: waiting for a lock or the GIL (a futex), without garbage_collector"),
    _unitless("sleep_or_io", "share: waiting in any other system call"),
    _unitless("unknown", "share: the rest"),
)

# Those that the target `why` makes, of extra runs.
WHY_TABLES = {
    "lines": (
        *COMBINATION,
        _words("file", "name of the file; empty for the rest: all lines that do not stand out"),
        _number("line", "number of the line", 1),
        _words("function", "name of the function"),
        _words("callee", "what the line called in other files, most of the time"),
        _words("source", "text of the line; empty where the file cannot be read"),
        _seconds("cpu_alone_s", "CPU time per task with one worker"),
        _seconds("cpu_s", "CPU time per task"),
        *_with_interval(Column("added_cpu_s", FLOAT, "s", "cpu_s − cpu_alone_s × machine_factor of waiting.csv")),
        *_with_interval(
            _unitless("cpu_share", "share of the CPU time that the further workers add; empty if they add none")
        ),
        _seconds("waiting_alone_s", "time per task that the worker waited at the line, with one worker"),
        _seconds("waiting_s", "time per task that the worker waited at the line"),
        *_with_interval(Column("added_waiting_s", FLOAT, "s", "waiting_s − waiting_alone_s")),
        *_with_interval(
            _unitless("waiting_share", "share of the waiting that the further workers add; empty if they add none")
        ),
        _seconds("held_s", "time per task that other workers waited for a lock or the GIL while the line ran"),
        ROUNDS,
        INTERVAL,
    ),
    "listings": (
        *COMBINATION,
        _words("file", "name of the file"),
        _number("line", "number of the line", 1),
        _words("source", "text of the line"),
        Column("added_cpu_s", FLOAT, "s", "CPU time per task that the further workers add, median"),
        Column("added_waiting_s", FLOAT, "s", "waiting per task that they add, median"),
    ),
    "waiting": (
        *COMBINATION,
        _count("at_workers", "workers of these runs: 1, or as many as the combination has", 1),
        STATUS._replace(meaning="ok, or why no line is known"),
        _words("reason", "why the status is not ok, or why no other process could sample the threads"),
        _seconds("task_s", "time of a task, median over the rounds"),
        *WAITING_SHARES,
        ROUNDS,
        _words(
            "method",
            "outside: sampled by another process; inside: by a thread of the run, which slows the others",
            ("outside", "inside"),
        ),
        Column("samples", FLOAT, "count", "stack samples per run, median", min=0),
        _ratio("sampler_cpus", "CPUs that the sampler used"),
        _ratio("sampler_slowdown", "time of the repetitions whose stacks were sampled / of those between them"),
        Column(
            "machine_factor",
            FLOAT,
            "1",
            "CPU time of a loop on private data, on all workers at once / on one: that is not attributed to lines; 1 if not measured",
            min=1,
        ),
        Column(
            "spare_cpus", INT, "count", "usable CPUs beyond the workers: with 0 the sampler takes time from them", min=0
        ),
    ),
    "locks": (
        *COMBINATION,
        STATUS._replace(meaning="ok, or why no lock is known; then there is nothing but a reason"),
        _words("reason", "why the status is not ok"),
        _words("file", "name of the file with the line that creates the locks; empty where no lock was used"),
        _number("line", "number of the line", 1),
        _words("function", "name of the function"),
        _words("kind", "what it creates: Lock, RLock, Queue, … or another object that has a lock"),
        _words("source", "text of the line"),
        Column("acquisitions", FLOAT, "count", "how often a task tries to acquire one", min=0),
        *_with_interval(_ratio("contended_share", "share of the acquisitions that find it taken")),
        _seconds("waited_s", "time per task that the worker waits for one"),
        *_with_interval(_ratio("waited_share", "share of the workers' time in their tasks that they wait for one")),
        _seconds("held_s", "time per task that the worker holds one"),
        _ratio(
            "notified_share",
            "share of the workers' time in their tasks that they wait to be notified, as for an item of a queue",
        ),
        _words("holder_file", "name of the file with the line that holds one longest while others wait"),
        _number("holder_line", "number of that line", 1),
        _words("holder_source", "text of that line"),
        _ratio("holder_share", "its share of the time that others wait while one is held"),
        _ratio("metered_slowdown", "time of the tasks with metered locks / with plain ones"),
        ROUNDS,
        INTERVAL,
    ),
    "objects": (
        *COMBINATION,
        STATUS._replace(meaning="ok, or why the change was not measured"),
        _words("reason", "why the status is not ok"),
        _number("step", "1: one change alone; 2, …: on top of the changes in given", 1),
        _words("given", "the changes of the steps before that gained most, in words"),
        _words("file", "name of the file with a line that loads the object; empty where there is no such object"),
        _number("line", "number of the line", 1),
        _words("expression", "the object as the line loads it"),
        _words("type", "its type"),
        _words(
            "how",
            "immortal: without a reference count to contend for; copies: of each worker its own",
            ("immortal", "copies"),
        ),
        *_with_interval(_ratio("speedup_before", "speed with all workers / with one, before the change")),
        *_with_interval(_ratio("speedup_after", "the same after it; one worker always without changes")),
        *_with_interval(_ratio("gain", "speedup_after / speedup_before, in pairs of runs")),
        CLAIM._replace(meaning="what the confidence interval of the gain supports"),
        ROUNDS,
        INTERVAL,
    ),
}

ROW_OF = {  # what each table has one row for
    "samples": "timed value within a run",
    "runs": "run: the medians over its samples, and what disturbed it",
    "summary": "combination: medians, speedups, limits, claims",
    "tasks": "task of a typical sample of each combination",
    "segments": "stretch in which a worker ran, in a typical sample of each combination",
    "budget": "combination: where the time of its workers went, in parts that add up to 1",
    "metrics": "combination and metric of the workload, such as a latency",
    "metric_changes": "combination and metric, compared with sequential, and between builds",
    "scaling": "curve over worker counts: Amdahl's serial fraction, the parameters of the universal scalability law",
    "predictions": "curve over worker counts: the speedup predicted with up to twice as many workers, or why there is none",
    "break_even": "line over a parameter or over workers: from where on it is faster than sequential",
    "fastest": "workload and build: the fastest backend, its margin, and those not shown to be slower",
    "recommendations": "workload with its parameters, and build: what to use there",
    "choices": "build and kind of backend that ran a workload: its fastest combination, relative to the best of all",
    "builds": "build: version, GIL, compiler and optimisation",
    "machines": "machine: CPUs, memory, kernel, frequency settings, hypervisor",
    "changes": "combination on two builds, or at two times: what is gained",
    "counterparts": "combination of a workload, compared with the same of its counterpart",
    "without_gil": "combination of threads without the GIL: predicted from processes with it, and measured",
    "means": "way to run several workloads on two builds, or at two times: the geometric mean of the gains",
    "shapes": "combination on two machines: how it scales",
    "one_sided": "combination that one side of a comparison lacks",
    "published": "published ratio and combination that is like it",
    "noise": "combination of a build that was measured under two names",
    "quality": "build and backend: how many runs were disturbed, repeated, waited for",
    "failures": "run that failed",
    "lines": "line of a workload that stands out, and combination: what it adds with the further workers (of the target why)",
    "listings": "line around one of these: the annotated source that the report shows",
    "waiting": "combination, with one worker and with all: where its workers waited while they were sampled",
    "objects": "change of an object that threads share, and combination: what they gain (of the target why)",
    "locks": "line that creates locks, and combination whose threads wait: how long, and what holds one meanwhile",
}

FLAG_MEANINGS = {
    "few_rounds": "fewer than 6 rounds, of the row or of its baseline: ranges instead of confidence intervals, and no claim",
    "gil_reenabled": "the GIL came back on in a build that runs without it",
    "noisy": "other processes or the hypervisor took more than 5 % of the CPUs during a run",
    "drifting": "a fixed loop took more than 10 % longer or shorter after a run than before it",
    "throttled": "the cgroup's CPU quota stopped a run for more than 1 % of its time",
    "settings_differ": "hash seed, JIT or thread limits read back in the build are not as set",
    "gil_differs": "a worker's GIL was not in the state that the build reported when probed",
    "interval_differs": "a worker read back another switch interval than was set",
    "idle_workers": "some workers ran no task",
    "oversubscribed": "more workers than usable CPUs, on tasks that do not wait",
    "warm_state": "in the baseline, or in a row without one, the first sample took at least twice as long as the later ones, which seem "
    "to find a cache that new workers of other backends lack; with a warm baseline there is no speedup",
    "arguments_changed": "the tasks changed arguments that are reused: later samples began otherwise than the first",
    "too_short": "the tasks take less than 100 times the cost of the clocks",
    "snakemake_busy": "Snakemake took more than 1 % of a core and 2 ms during a run",
    "medians_differ": "the quotient of the two median times is more than 10 % away from the speedup, or gain, which is estimated "
    "over the ratio of each round: the rounds vary, and the ratios count",
    "separate_calls": "the compared runs were measured in different calls: unpaired",
    "unlike_sources": "the source of the workload, or of a custom backend, differs between the two sides",
    "unlike_builds": "version, compiler, PGO, LTO or the version of a package that both have differ from the reference build's",
}


def names(table: str) -> list[str]:
    """Names of a table's columns, in their order."""
    return [column.name for column in TABLES[table]]


def with_derived(summary: pd.DataFrame) -> pd.DataFrame:
    """The summary with the columns that follow from others."""
    for column in TABLES["summary"]:
        if column.derive is not None:
            summary = summary.assign(**{column.name: column.derive(summary)})
    return summary
