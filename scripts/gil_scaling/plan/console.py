"""What a call of Snakemake shows while it works: a line per run, or on a terminal one line that stays in place.

It follows Snakemake's log events, so that nothing is drawn while a run measures.
"""

import logging
import math
import statistics
import sys
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, TextIO

from snakemake_interface_logger_plugins.common import LogEvent

from gil_scaling.decode import decode
from gil_scaling.launch import progress
from gil_scaling.plan.sweep import CEILING, CONTROL, Run
from gil_scaling.record import DONE, Record, RecordError

_FORMAT = "{{n_fmt}}/{}{{total_fmt}} runs |{{bar:12}}| {{desc}}"
_MIN_LEFT_S = 1


class TimeLeft:
    """How long the runs that are left will take, from the times of those that are done: their order is random."""

    def __init__(self) -> None:
        self._times: list[float] = []

    def add(self, seconds: float) -> None:
        """Takes the time of one more run, the pause before it included."""
        self._times.append(seconds)

    def range_s(self, runs: int) -> tuple[float, float]:
        """The ends of a 95 % prediction interval of the time of so many runs, after at least one.

        mean ± 2 × standard deviation × √(runs + runs² / runs done), of independent times: after 1 s and 3 s, two more runs
        take 4 s ± 5.7 s, from 0 s to 9.7 s.
        """
        done, mean_s = len(self._times), statistics.fmean(self._times)
        spread_s = 2 * statistics.stdev(self._times) * math.sqrt(runs + runs**2 / done) if done > 1 else 0.0
        return max(0.0, runs * mean_s - spread_s), runs * mean_s + spread_s

    def describe(self, runs: int) -> str:
        """The range in words: 3 to 4 min."""
        low, high = (progress.duration(max(_MIN_LEFT_S, round(end_s))) for end_s in self.range_s(runs))
        if low == high:
            return low
        number, _, unit = low.partition(" ")
        return f"{number if high.endswith(f' {unit}') and ' ' not in unit else low} to {high}"


class Leaders:
    """The fastest way to run each workload so far, and its speed relative to sequential in the same rounds."""

    def __init__(self) -> None:
        self._times: dict[str, dict[str, dict[int, float]]] = {}  # {workload: {way: {round: seconds}}}
        self._medians: dict[str, dict[str, float]] = {}
        self._specs: dict[str, Mapping[str, Any]] = {}  # {way: that of one of its runs}

    def add(self, run: Run, seconds: float) -> None:
        """Takes the time of a run; those that nobody asked for, and those of weak scaling, do not take part."""
        if _role(run) or run.spec["scaling"] == "weak":
            return
        workload, way = _workload(run), _way(run.spec)
        self._specs[way] = run.spec
        times = self._times.setdefault(workload, {}).setdefault(way, {})
        times[run.spec["round"]] = seconds
        self._medians.setdefault(workload, {})[way] = statistics.median(times.values())

    def describe(self, run: Run) -> str:
        """The leader of the workload of a run: `py_loop so far: thread × 2 on 3.14t 1.93× sequential`; empty without a baseline."""
        medians = self._medians.get(_workload(run))
        if not medians:
            return ""
        way = min(medians, key=lambda each: medians[each])
        name = f"{run.spec['workload']} so far: {way}"
        spec, times = self._specs[way], self._times[_workload(run)]
        if spec["backend"] == "sequential":
            return name
        base = {**spec, "backend": "sequential", "backend_params": {}, "start": "natural"}
        baseline = times.get(_way(base)) or times.get(_way({**base, "switch_interval_s": None}), {})
        ratios = [baseline[number] / seconds for number, seconds in times[way].items() if number in baseline]
        return f"{name} {statistics.median(ratios):.2f}× sequential" if ratios else ""


def _workload(run: Run) -> str:
    return f"{run.spec['workload']} {run.spec['params']}"


def _way(spec: Mapping[str, Any]) -> str:
    """A backend, its workers and its build, and what else tells it apart: process_pool (chunksize=4) × 2 on 3.14t."""
    others = [f"{name}={value}" for name, value in spec["backend_params"].items()]
    if spec["switch_interval_s"] not in (None, sys.getswitchinterval()):
        others.append(f"switch interval {spec['switch_interval_s']:g} s")
    others += [f"start {spec['start']}"] if spec["start"] != "natural" else []
    workers = "" if spec["backend"] == "sequential" else f" × {spec['workers']}"
    details = f" ({', '.join(others)})" if others else ""
    return f"{spec['backend']}{details}{workers} on {spec['python']}"


def _role(run: Run) -> str:
    """The role of a run that the config does not ask for, which is marked: ceiling or control; empty for others."""
    roles = {use.role for use in run.uses}
    return min(roles) if roles <= {CEILING, CONTROL} else ""


class Console(logging.Handler):
    """Shows the progress of a call from the events of Snakemake's logger.

    runs: {name: (run, path of its record)} of those that it measures; in_place: on one line of the terminal; is_open: looks
    may leave out runs, so that their number is a maximum.
    """

    def __init__(
        self,
        runs: Mapping[str, tuple[Run, Path]],
        stream: TextIO,
        *,
        in_place: bool,
        is_open: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._runs, self._clock, self._bound = runs, clock, "up to " if is_open else ""
        self._rounds = max((run.spec["round"] for run, _ in runs.values()), default=0)
        self._jobs: dict[int, str] = {}
        self._done = self._failed = 0
        self._last: float | None = None
        self._time_left, self._leaders = TimeLeft(), Leaders()
        self._line = _Line(len(runs), self._bound, stream) if in_place else None
        self._write = self._line.write if self._line else lambda text: print(text, file=stream, flush=True)

    def emit(self, event: logging.LogRecord) -> None:
        """Takes one event of Snakemake."""
        facts: Any = event
        kind = getattr(event, "event", None)
        if kind is LogEvent.JOB_INFO:
            self._begin(facts.jobid, facts.wildcards.get("run", ""), facts.rule_msg)
        elif kind is LogEvent.JOB_FINISHED and facts.job_id in self._jobs:
            self._end(*self._runs[self._jobs.pop(facts.job_id)])

    def leave_out(self, names: Collection[str]) -> None:
        """Leaves out runs that a look has found to be unnecessary."""
        self._runs = {name: found for name, found in self._runs.items() if name not in names}

    def clear(self) -> None:
        """Clears the line that stays in place, before others write."""
        if self._line:
            self._line.clear()

    def _begin(self, job: int, name: str, step: str | None) -> None:
        """A job begins: a run, a step with a message of its rule, or one that may write itself."""
        if name in self._runs:
            self._jobs[job] = name
            self._last = self._clock() if self._last is None else self._last
        elif step and self._line:
            self._line.show_step(step)
        elif step:
            self._write(step)
        elif self._done == len(self._runs):
            self.clear()

    def _end(self, run: Run, path: Path) -> None:
        now = self._clock()
        self._time_left.add(now - (now if self._last is None else self._last))
        self._last = now
        try:
            result = decode(path)
        except RecordError:  # a launcher always writes one
            return
        self._done += 1
        left = self._time_left.describe(len(self._runs) - self._done)
        workers, outcome = progress.outcome(result)
        runs, role = len(self._runs), _role(run)
        text = progress.line(self._done, runs, result["spec"], workers, outcome, left, role, self._bound)
        self._failed += result["status"] not in DONE
        if self._line is None:
            self._write(text)
            return
        if _is_first_failure(result):
            self._write(text)
        if result["status"] == "ok":
            self._leaders.add(run, progress.counted_s(result))
        self._line.show(self._done, runs, self._describe(run, left))

    def _describe(self, run: Run, left: str) -> str:
        """What stands behind the bar."""
        parts = [
            f"round {run.spec['round']} of {self._bound}{self._rounds}",
            *([f"{self._bound}about {left} left"] if self._done < len(self._runs) else []),
            *([f"{self._failed} failed"] if self._failed else []),
            self._leaders.describe(run),
        ]
        return ", ".join(filter(None, parts))


def _is_first_failure(result: Record) -> bool:
    """Whether a run failed that was measured: one whose combination failed in an earlier round was not."""
    return result["status"] not in DONE and not str(result["reason"]).startswith("not measured again")


class _Line:
    """A line of a terminal that stays in place."""

    def __init__(self, runs: int, bound: str, stream: TextIO) -> None:
        from tqdm import tqdm  # most calls show no such line

        tqdm.monitor_interval = 0  # no thread that wakes up while a run measures
        self._stream = stream
        self._bar = tqdm(total=runs, file=stream, bar_format=_FORMAT.format(bound), dynamic_ncols=True, leave=False)

    def show(self, done: int, runs: int, text: str) -> None:
        """Shows how many runs are done, of how many, and a text."""
        self._bar.n, self._bar.total = done, runs
        self._bar.set_description_str(text)

    def show_step(self, text: str) -> None:
        """Shows a step that is not a run."""
        self._bar.bar_format = "{desc}"
        self._bar.set_description_str(text)

    def write(self, text: str) -> None:
        """Writes a line that stays above."""
        self._bar.write(text, file=self._stream)

    def clear(self) -> None:
        """Clears the line."""
        self._bar.clear()
