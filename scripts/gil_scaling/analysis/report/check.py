"""Says what the target `check` found, and proposes a config: no measurement, no claims.

`python -m gil_scaling.analysis.report.check ORDER RESULTS CONFIG.yaml`; ORDER is what plan.check wrote, RESULTS what
launch.trial did. Exits with status 1 where a run failed, gave a wrong result or hangs.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from gil_scaling.analysis.columns import FLAG_MEANINGS
from gil_scaling.analysis.flags import ONE_PROCESS, is_too_short, is_warm, median_task_s
from gil_scaling.analysis.phrases import format_count, format_number, format_percent, format_seconds, join_words
from gil_scaling.result_set import write_text

_BAD = ("failed", "crashed", "wrong", "hangs")
_MAX_SENDING = 0.1  # of the tasks' time
_TIMES_SEQUENTIAL = 5  # a run that takes longer than so many sequential ones hangs
_MAX_REASON = 300  # characters


@dataclass(frozen=True)
class Try:
    """One run that was tried: what it was, and its record; None where the time did not suffice.

    sending: as measure.sending returns it, None where nothing is sent.
    """

    spec: dict[str, Any]
    backend_kind: str
    waits: bool
    sizes: list[str]
    better: list[str]
    counterpart: str | None
    experiments: list[str]
    record: dict[str, Any] | None
    sending: dict[str, Any] | None

    @property
    def subject(self) -> str:
        """The workload and its parameters."""
        return f"{self.spec['workload']} {json.dumps(self.spec['params'], sort_keys=True)}"

    @property
    def way(self) -> str:
        """The backend, with what tells it from another try on the same build."""
        params = f" {json.dumps(self.spec['backend_params'], sort_keys=True)}" if self.spec["backend_params"] else ""
        start = " (start: together)" if self.spec["start"] == "together" else ""
        return f"{self.spec['backend']}{params}{start}"

    @property
    def is_sequential(self) -> bool:
        """Whether it is what the other backends are compared with."""
        return bool(self.spec["backend"] == "sequential")

    @property
    def samples(self) -> list[dict[str, Any]]:
        """The samples of a run that is ok; else none."""
        is_ok = self.record is not None and self.record["status"] == "ok"
        return self.record["measured"]["samples"] if is_ok and self.record else []

    @property
    def clock_cost_s(self) -> float:
        """The cost of reading the clocks, of a run that is ok."""
        return float(self.record["measured"]["clock_cost_s"]) if self.record else 0.0

    @property
    def is_warm(self) -> bool:
        """Whether later samples find something that the first one left; never where each sample has new processes."""
        return self.backend_kind in ONE_PROCESS and is_warm(self.samples)

    @property
    def work_s(self) -> float:
        """The time of all tasks, where nothing is warm."""
        times = [sample["work_s"] for sample in self.samples]
        return float(times[0] if self.is_warm else min(times))

    @property
    def typical_sample(self) -> dict[str, Any]:
        """A sample where nothing is warm."""
        return self.samples[0 if self.is_warm else -1]


@dataclass(frozen=True)
class Finding:
    """What is to be said of a try: its kind, and why; detail: of this backend alone."""

    kind: str
    text: str
    detail: str = ""


def main(order_path: str, results_path: str, config_path: str) -> None:
    """Prints what was found and writes the proposed config; raises SystemExit where something is wrong."""
    order, results = (json.loads(Path(path).read_text(encoding="utf-8")) for path in (order_path, results_path))
    tries = [_read_try(one, result) for one, result in zip(order["tries"], results, strict=True)]
    findings = find_all(tries)
    for line in describe(tries, findings):
        print(line)
    text = propose(order, tries, findings)
    if text:
        write_text(config_path, text)
        print(f"A config of what works: {config_path}. Copy it to my.yaml, change it as you like, and measure with")
        print("snakemake --cores all --configfile my.yaml")
    bad = sum(any(each.kind in _BAD for each in found) for found in findings)
    if bad:
        raise SystemExit(f"{bad} of {format_count(len(tries), 'run')} failed or gave a wrong result.")
    unknown = sum(not one.samples for one in tries)
    left = f" {unknown} of {format_count(len(tries), 'run')} showed nothing." if unknown else ""
    print(f"No run failed, and no result is wrong.{left}")


def _read_try(one: dict[str, Any], result: dict[str, Any]) -> Try:
    others = {key: one[key] for key in ("backend_kind", "waits", "sizes", "better", "counterpart", "experiments")}
    return Try(spec=one["entry"]["spec"], **others, **result)


# ---- findings


def find_all(tries: Sequence[Try]) -> list[list[Finding]]:
    """The findings of each try; none where it simply works, or was left out."""
    sequential = {_baseline(one): one for one in tries if one.is_sequential}
    names = {one.spec["workload"] for one in tries}
    return [[*_find(one, sequential.get(_baseline(one))), *_find_undefined(one, names)] for one in tries]


def _baseline(one: Try) -> tuple[str, str]:
    return one.subject, one.spec["python"]


def _find(one: Try, sequential: Try | None) -> Iterator[Finding]:
    """sequential: the try of the same tasks on the same build, None where there is none."""
    if one.record is not None and not one.samples:
        yield _find_failure(one.record, sequential)
    if not one.samples or sequential is None or not sequential.samples:
        return
    if one.is_warm and sequential.is_warm:
        first_s, *later_s = (sample["work_s"] for sample in one.samples)
        yield Finding("warm", _WARM, f"{format_seconds(first_s)}, then {format_seconds(median(later_s))}")
    if one.waits:
        return
    if not is_too_short(sequential.typical_sample, sequential.clock_cost_s):
        yield from _find_costs(one, sequential.work_s)
    elif one is sequential:
        task_s = format_seconds(median_task_s(one.typical_sample))
        yield Finding("too short", f"{FLAG_MEANINGS['too_short']}. {_larger(one)}", task_s)


def _find_undefined(one: Try, workloads: Collection[str]) -> Iterator[Finding]:
    """What the workload declares and nothing has: metrics in `better`, and its counterpart; said of the sequential run."""
    if not (one.is_sequential and one.samples):
        return
    returned = sorted({name for sample in one.samples for name in sample["metrics"]})
    for name in one.better:
        if name not in returned:
            known = join_words(returned) or "none"
            yield Finding(
                "unknown metric", f"`better` names {name!r}, which metrics() does not return. Returned: {known}"
            )
    if one.counterpart is not None and one.counterpart not in workloads:
        yield Finding(
            "no counterpart", f"the counterpart {one.counterpart!r} is not among the workloads: add it to the config"
        )


_WARM = (
    "the first sample in a process takes several times as long as the later ones, which find a cache or the like that the new "
    "workers of other backends lack. Clear it in before_sample()"
)


def _find_failure(record: dict[str, Any], sequential: Try | None) -> Finding:
    """The finding of a run that is not ok."""
    reason = " ".join((record["reason"] or "").split())
    if record["status"] != "timeout":
        kind = "wrong" if record["status"] == "wrong_result" else record["status"]
        return Finding(kind, reason if len(reason) <= _MAX_REASON else f"{reason[:_MAX_REASON]} …")
    known_s = sequential.record["wall_s"] if sequential and sequential.samples and sequential.record else None
    if known_s is not None and record["wall_s"] >= _TIMES_SEQUENTIAL * known_s:
        text = "the run did not end within a time that is several times that of the sequential run"
        return Finding("hangs", text, f"{format_seconds(record['wall_s'])}, sequential {format_seconds(known_s)}")
    return Finding("not checked", "the run takes longer than the check allows", format_seconds(record["wall_s"]))


def _find_costs(one: Try, work_s: float) -> Iterator[Finding]:
    """What starting workers and sending tasks costs, against the time that the tasks take in sequence."""
    start_s = min(sample["startup_s"] + sample["teardown_s"] for sample in one.samples)
    workers = one.samples[0]["workers"]
    if workers > 1 and start_s >= work_s * (1 - 1 / workers):
        text = f"starting and ending {workers} workers takes longer than they save. {_larger(one)}"
        yield Finding("too short", text, format_seconds(start_s))
    if one.sending and one.sending["seconds"] > _MAX_SENDING * work_s:
        text = f"pickling all arguments and results ({format_bytes(one.sending['bytes'])}) takes "
        text += f"{format_seconds(one.sending['seconds'])}, more than {format_percent(_MAX_SENDING)} of the time of the tasks"
        yield Finding("too large to send", text)


def _larger(one: Try) -> str:
    return f"Try a larger {one.sizes[0]}, or `{one.sizes[0]}: auto`" if one.sizes else "Make the tasks larger"


def format_bytes(count: float) -> str:
    """A size for people: 812 bytes, 2.5 MiB."""
    return f"{count:.0f} bytes" if count < 10_000 else f"{format_number(count / 2**20)} MiB"


# ---- in words


def describe(tries: Sequence[Try], findings: Sequence[Sequence[Finding]]) -> Iterator[str]:
    """What was found, workload by workload, as lines."""
    done = [one.record for one in tries if one.record is not None]
    seconds = format_seconds(sum(record["wall_s"] for record in done))
    yield f"Check: {format_count(len(done), 'run')} in {seconds}, a first look and no measurement."
    yield ""
    for subject in dict.fromkeys(one.subject for one in tries):
        pairs = [(one, found) for one, found in zip(tries, findings, strict=True) if one.subject == subject]
        yield from [subject, *(f"  {line}" for line in _describe_subject(pairs)), ""]


def _describe_subject(pairs: Sequence[tuple[Try, Sequence[Finding]]]) -> Iterator[str]:
    """What was found of one workload with one choice of its parameters."""
    works = [one for one, _ in pairs if one.samples]
    if works:
        yield f"works: {_list_ways((one, '') for one in works)}"
    times = [f"{format_seconds(one.work_s)} on {one.spec['python']}" for one in works if one.is_sequential]
    if times:
        yield f"sequential: {', '.join(times)}"
    for (kind, text), where in _grouped(pairs).items():
        yield f"{kind}: {_list_ways(where)}: {text}"
    left = [(one, "") for one, _ in pairs if one.record is None]
    if left:
        yield f"left out, because the time was up: {_list_ways(left)}"


def _grouped(pairs: Iterable[tuple[Try, Sequence[Finding]]]) -> dict[tuple[str, str], list[tuple[Try, str]]]:
    """{(kind, text): [(try, detail)]}; of texts that differ in their numbers alone, the first stands for all."""
    texts: dict[str, str] = {}
    grouped: dict[tuple[str, str], list[tuple[Try, str]]] = {}
    for one, found in pairs:
        for finding in found:
            text = texts.setdefault(re.sub(r"\d[\d.e+-]*", "0", finding.text), finding.text)
            grouped.setdefault((finding.kind, text), []).append((one, finding.detail))
    return grouped


def _list_ways(where: Iterable[tuple[Try, str]]) -> str:
    """Backends by build, builds with the same backends together: `thread (2 ms), process on 3.14 and 3.14t`."""
    by_build: dict[str, list[str]] = {}
    for one, detail in where:
        by_build.setdefault(one.spec["python"], []).append(f"{one.way} ({detail})" if detail else one.way)
    by_ways: dict[str, list[str]] = {}
    for build, ways in sorted(by_build.items()):
        by_ways.setdefault(", ".join(sorted(set(ways))), []).append(build)
    return "; ".join(f"{ways} on {join_words(builds)}" for ways, builds in by_ways.items())


# ---- the proposed config


def propose(order: dict[str, Any], tries: Sequence[Try], findings: Sequence[Sequence[Finding]]) -> str:
    """The config without the workloads and backends that nowhere work, as YAML; empty if nothing is left."""
    experiments, usable = [], _usable(tries, findings)
    for each in order["experiments"]:
        mine = [one for one in usable if each["config"]["name"] in one.experiments]
        kept = {key: _working(each[key], mine, key.removesuffix("s")) for key in ("workloads", "backends")}
        if all(kept.values()):
            experiments.append({**each["config"], **kept})
    if not experiments:
        return ""
    text = yaml.safe_dump({**order["config"], "experiments": experiments}, sort_keys=False, allow_unicode=True)
    comments = [f"# {line}".rstrip() for line in describe(tries, findings)]
    return "\n".join([*comments, text])


def _usable(tries: Sequence[Try], findings: Sequence[Sequence[Finding]]) -> list[Try]:
    """The tries that are ok or were left out, and whose tasks do not fail in sequence: nothing can be compared with those."""
    pairs = zip(tries, findings, strict=True)
    bad = {_baseline(one) for one, found in pairs if one.is_sequential and any(each.kind in _BAD for each in found)}
    return [one for one in tries if _baseline(one) not in bad and (one.samples or one.record is None)]


def _working(items: Sequence[dict[str, Any]], tries: Sequence[Try], key: str) -> list[Any]:
    """The entries of a list of workloads or backends that tries have."""
    names = {one.spec[key] for one in tries}
    return [item["item"] for item in items if item["name"] in names]


if __name__ == "__main__":
    main(*sys.argv[1:])
