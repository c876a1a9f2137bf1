"""Changes objects that workers share, one at a time: `python -S -m gil_scaling.launch.objects ORDER FOLDER`, for the target `why`.

ORDER is what analysis.tables.suspects wrote. An extra run of each combination finds candidates. In each round they are changed,
each in a process of its own, next to a run without that change; the change that gains most stays, and the others are tried on
top of it, until nothing gains, or the bound or the limit of runs is reached. Each run leaves a file in FOLDER, so that an
interrupted call goes on where it was, and each combination objects-<run>.json.
"""

from __future__ import annotations

import hashlib
import json
import statistics
import sys

from gil_scaling.launch import lock, progress, run_folder, why
from gil_scaling.result_set import read_bytes, write_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from gil_scaling.launch.interfaces import Entry, ExtraRun

    # As measure.interventions takes it, with "file", "line", "expression" and "type" of the object
    Change = dict[str, Any]

IMMORTAL, COPIES = "immortal", "copies"
_MAX_CHANGES, _MAX_RUNS = 6, 96  # of a combination: tried at once, and runs in all
_MIN_GAIN = 1.05
_ENOUGH = 0.95  # of the bound


def main(order_path: str, folder: str) -> None:
    """Studies all combinations of an order."""
    order = why.begin(order_path)
    combinations = order["combinations"]
    if not combinations:
        return
    entries, stamps = why.read_entries(order["plan"], combinations)
    seconds = progress.duration(max(1, round(sum(each["about_s"] for each in combinations) * _MAX_RUNS)))
    progress.write_line(
        f"why: objects of {len(combinations)} combination{'s' if len(combinations) > 1 else ''}, at most {_MAX_RUNS} extra "
        f"runs of each, at most about {seconds}"
    )
    for each in combinations:
        study = Study(each, order["rounds"], Runs(entries[each["run"]], stamps, folder))
        write_text(f"{folder}/objects-{each['run']}.json", json.dumps(study.make()) + "\n")


class Runs:
    """Makes the extra runs of one combination, or reads what they left when an earlier call made them."""

    def __init__(self, entry: Entry, stamps: why.Stamps, folder: str) -> None:
        self._entry, self._stamps, self._folder = entry, stamps, folder
        self.count = 0

    def __call__(self, run: ExtraRun) -> dict[str, Any]:
        """The content of the file of a run."""
        self.count += 1
        path = f"{self._folder}/{run['file']}.json"
        if why.is_done(path):
            done: dict[str, Any] = json.loads(read_bytes(path))
            return done
        entry = why.entry_of(self._entry, run)
        with lock.MachineLock():
            run_folder.clean_up()
            result = why.measure(entry, run, self._stamps)
        write_text(path, json.dumps(result) + "\n")
        left_s = run["about_s"] * (_MAX_RUNS - self.count)
        progress.write_line(why.describe(self.count, _MAX_RUNS, entry, run, result, left_s, bound="up to "))
        return result


class Study:
    """The study of one combination, as the order describes it. make_run: makes an extra run, and counts them."""

    def __init__(self, combination: Mapping[str, Any], rounds: int, make_run: Runs) -> None:
        self._combination, self._rounds, self._make_run = combination, rounds, make_run

    def make(self) -> dict[str, Any]:
        """{"status", "reason", "candidates", "steps", "untried"}; see _try for a step; untried: changes that it ended before."""
        found = self._run("objects", "objects", self._combination["workers"], 1, {"lines": self._combination["lines"]})
        if found["status"] != "ok":
            return {"status": found["status"], "reason": found["reason"], "candidates": [], "steps": [], "untried": []}
        candidates = found["measured"]["candidates"]
        changes = untried = make_changes(candidates)
        kept: list[Change] = []
        steps: list[dict[str, Any]] = []
        while changes:
            affordable = (_MAX_RUNS - self._make_run.count) // self._rounds - 2
            tried = changes[: min(affordable, _MAX_CHANGES)] if affordable > 0 else []
            if not tried:
                break
            step = self._try(len(steps) + 1, kept, tried)
            steps.append(step)
            untried = [change for change in untried if change not in tried]
            best = best_of(step)
            if best is None:
                break
            kept = [*kept, best["change"]]
            changes = [change for change in changes if change is not best["change"]]
            if _median_ratio(best["rates"], step["alone"]) >= _ENOUGH * self._combination["bound"]:
                break
        return {"status": "ok", "reason": None, "candidates": candidates, "steps": steps, "untried": untried}

    def _try(self, step: int, kept: list[Change], tried: list[Change]) -> dict[str, Any]:
        """A step: {"kept", "alone", "before", "tried"}: the changes that stay, and tasks per second of each round.

        alone: with one worker and no change; before: with all workers and the changes that stay; tried: {"change", "rates",
        "status", "reason"} each. A rate is None where the run is not ok.
        """
        alone: list[float | None] = []
        before: list[float | None] = []
        results: list[list[dict[str, Any]]] = [[] for _ in tried]
        for number in range(1, self._rounds + 1):
            alone.append(self._rate(self._change(step, 1, number, [])))
            before.append(self._rate(self._change(step, self._combination["workers"], number, kept)))
            for change, own in zip(tried, results, strict=True):
                own.append(self._change(step, self._combination["workers"], number, [*kept, change]))
        outcomes = [{"change": change, **self._outcome(own)} for change, own in zip(tried, results, strict=True)]
        return {"kept": kept, "alone": alone, "before": before, "tried": outcomes}

    def _outcome(self, results: list[dict[str, Any]]) -> dict[str, Any]:
        bad = next((result for result in results if result["status"] != "ok"), results[0])
        return {"rates": list(map(self._rate, results)), "status": bad["status"], "reason": bad["reason"]}

    def _rate(self, result: Mapping[str, Any]) -> float | None:
        """Tasks per second, the median over the samples after the warm-up."""
        if result["status"] != "ok":
            return None
        _, *samples = result["measured"]["samples"]
        timed = self._combination["timed"]
        return float(statistics.median(sample["tasks"] / sample[timed] for sample in samples))

    def _change(self, step: int, workers: int, number: int, changes: list[Change]) -> dict[str, Any]:
        facts = {"changes": [{name: change[name] for name in ("how", "addresses")} for change in changes]}
        return self._run("change", f"change-{step}", workers, number, facts)

    def _run(self, what: str, name: str, workers: int, number: int, facts: dict[str, Any]) -> dict[str, Any]:
        shared = {key: self._combination[key] for key in ("run", "backend_kind", "about_s")}
        digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:8]
        file = f"{name}-{digest}-w{workers}-r{number}-{self._combination['run']}"
        run: Any = {"what": what, "file": file, "workers": workers, "round": number, "facts": facts, **shared}
        return self._make_run(run)


def make_changes(candidates: list[dict[str, Any]]) -> list[Change]:
    """What to try: each object made immortal, and then, of what the tasks share or a global, a copy per worker; each once."""
    changes: dict[str, Change] = {}
    for change in [*_immortal(candidates), *_copied(candidates)]:
        changes.setdefault(json.dumps([change["how"], change["addresses"]]), change)
    return list(changes.values())


def _immortal(candidates: list[dict[str, Any]]) -> Iterator[Change]:
    for candidate in candidates:
        if candidate["addresses"]:
            yield {**candidate, "how": IMMORTAL}


def _copied(candidates: list[dict[str, Any]]) -> Iterator[Change]:
    by_address = {json.dumps(each["addresses"]): each for each in reversed(candidates)}
    for candidate in candidates:
        for (kind, *names), *_ in candidate["addresses"]:
            if kind in ("shared", "global"):
                root = [[[kind, *names]]]
                whole = by_address.get(
                    json.dumps(root), {"expression": names[-1] if names else "what shared() returns"}
                )
                place = {name: candidate[name] for name in ("file", "line")}
                yield {"type": None, **place, **whole, "how": COPIES, "addresses": root}


def best_of(step: Mapping[str, Any]) -> dict[str, Any] | None:
    """What gained most of what a step tried; None where nothing gained in each of its rounds, and enough."""
    gains = [
        (_median_ratio(each["rates"], step["before"]), each)
        for each in step["tried"]
        if each["status"] == "ok" and None not in step["before"]
    ]
    if not gains:
        return None
    gain, best = max(gains, key=lambda each: each[0])
    return best if gain >= _MIN_GAIN and min(_ratios(best["rates"], step["before"])) > 1 else None


def _ratios(rates: list[Any], others: list[Any]) -> list[float]:
    return [rate / other for rate, other in zip(rates, others, strict=True) if rate and other]


def _median_ratio(rates: list[Any], others: list[Any]) -> float:
    return statistics.median(_ratios(rates, others) or [0.0])


if __name__ == "__main__":
    main(*sys.argv[1:])
