"""The tables `lines` and `listings`: which lines of the user's files take more time per task with more workers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gil_scaling.analysis.statistics import intervals
from gil_scaling.analysis.statistics.intervals import Estimate

Array = npt.NDArray[np.float64]
Place = tuple[str, int]  # (file, line)

MIN_EFFECT = 0.05  # of the time of a task with one worker, to be a loss at all; of the loss, for a line to stand out

MIN_HELD = 0.2  # of the time that others wait, for a line that runs meanwhile to be shown
_TINY_S = 1e-12
_NOTHING = (0.0, 0.0, 0.0)  # seen at a line


class Profile(NamedTuple):
    """What one run spent per task, in seconds; lines: {place: (CPU, waiting, held)}.

    reference_s: CPU time of a loop on data of its own, on all workers at once; None where it was not measured.
    """

    cpu_s: float
    span_s: float
    reference_s: float | None
    lines: dict[Place, tuple[float, float, float]]


def profile(measured: Mapping[str, Any]) -> Profile:
    """The Profile of a run: the CPU time of its tasks and their whole time, divided among the lines as the sampler saw them.

    For example, tasks of 3 s of CPU time, seen running 2 times at line 4 and once at line 5, spent 2 s at line 4.
    """
    samples = [sample for sample in measured["samples"] if sample["is_sampled"]]
    tasks = sum(sample["tasks"] for sample in samples)
    seen = measured["seen"]
    running_s, all_s = seen["states"]["running"], sum(seen["states"].values())
    span_s = sum(sample["span_s"] for sample in samples) / tasks
    known = [sample["task_cpu_s"] for sample in samples if sample["task_cpu_s"] is not None]
    cpu_s = sum(known) / tasks if len(known) == len(samples) else span_s * running_s / all_s
    lines: dict[Place, list[float]] = {}
    for file, line, _, _, *seconds in seen["lines"]:
        sums = lines.setdefault((file, line), [0.0, 0.0, 0.0])
        sums[:] = [before + more for before, more in zip(sums, seconds, strict=True)]
    factors = (cpu_s / running_s if running_s else 0.0, span_s / all_s, span_s / all_s)
    scaled = {
        place: (sums[0] * factors[0], sums[1] * factors[1], sums[2] * factors[2]) for place, sums in lines.items()
    }
    return Profile(cpu_s, span_s, measured["reference_s"], scaled)


def machine_factor(alone: Sequence[Profile], together: Sequence[Profile]) -> float:
    """How much more CPU time the machine takes for anything with all workers at once, 1 or more; 1 where not measured.

    The median over the rounds of the ratio of a loop on data of its own. For example, 1.2 for one that takes 10 ms alone and
    12 ms on each of two threads at once: two cores that share a unit or a frequency.
    """
    pairs = [(one.reference_s, all_.reference_s) for one, all_ in zip(alone, together, strict=True)]
    ratios = [above / below for below, above in pairs if below and above]
    return max(1.0, float(np.median(ratios))) if ratios else 1.0


class Losses(NamedTuple):
    """What lines lose: arrays of (rounds, places) in seconds per task, alone and together, for one kind of time.

    factor: what the machine makes of the time alone by itself, which is no loss of a line.
    """

    alone: Array
    together: Array
    factor: float = 1.0

    @property
    def added(self) -> Array:
        """What the further workers add."""
        return self.together - self.factor * self.alone

    def scale(self, of_task_s: Array) -> Array | None:
        """The whole loss of each round, None where there is none: it must exceed MIN_EFFECT of a task's time (rounds,)."""
        whole = self.added.sum(axis=1)
        estimate = intervals.paired_difference(whole)
        if not (estimate.low > 0 and estimate.value > MIN_EFFECT * float(np.median(of_task_s))):
            return None
        return np.where(whole > 0, whole, estimate.value)


def line_rows(
    alone: Sequence[Profile], together: Sequence[Profile], facts: Mapping[Place, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The rows of a combination, those that lose most first and the rest at the end.

    alone, together: of the same rounds, with one worker and with all; facts: of each place, further columns of its row.
    """
    places = sorted(set().union(*(one.lines for one in (*alone, *together))))
    cpu = _losses(alone, together, places, 0)._replace(factor=machine_factor(alone, together))
    waiting = _losses(alone, together, places, 1)
    scales = cpu.scale(np.array([one.cpu_s for one in alone])), waiting.scale(np.array([one.span_s for one in alone]))
    held = np.array([[one.lines.get(place, _NOTHING)[2] for place in places] for one in together])
    holding = set() if scales[1] is None else _find_holders(held)
    shown = [
        place
        for place in range(len(places))
        if place in holding or _stands_out(cpu, scales[0], [place]) or _stands_out(waiting, scales[1], [place])
    ]
    shown.sort(key=lambda place: -float(np.median(cpu.added[:, place] + waiting.added[:, place])))
    others = [place for place in range(len(places)) if place not in shown]
    groups = [*([place] for place in shown), *([others] if others else [])]
    rows = []
    for group in groups:
        row: dict[str, Any] = {"held_s": float(np.median(held[:, group].sum(axis=1))), "rounds": len(alone)}
        if group != others:
            row |= {"file": places[group[0]][0], "line": places[group[0]][1], **facts.get(places[group[0]], {})}
        rows.append({**row, **_columns("cpu", cpu, scales[0], group), **_columns("waiting", waiting, scales[1], group)})
    return rows


def _losses(alone: Sequence[Profile], together: Sequence[Profile], places: Sequence[Place], part: int) -> Losses:
    def times(profiles: Sequence[Profile]) -> Array:
        return np.array([[one.lines.get(place, _NOTHING)[part] for place in places] for one in profiles])

    return Losses(times(alone), times(together))


def _stands_out(losses: Losses, scale: Array | None, group: Sequence[int]) -> bool:
    """Whether a line adds time beyond its interval, and more than MIN_EFFECT of the whole loss."""
    if scale is None:
        return False
    added = losses.added[:, group].sum(axis=1)
    return intervals.paired_difference(added).low > 0 and _share(added, scale).value >= MIN_EFFECT


def _find_holders(held: Array) -> set[int]:
    """The places that run for a good part of the time that others wait for a lock or the GIL. held: (rounds, places)."""
    shares = np.median(held / np.maximum(held.sum(axis=1, keepdims=True), _TINY_S), axis=0)
    return set(np.flatnonzero(shares >= MIN_HELD).tolist())


def _share(added: Array, scale: Array) -> Estimate:
    return intervals.paired_difference(added / scale)


def _columns(name: str, losses: Losses, scale: Array | None, group: Sequence[int]) -> dict[str, Any]:
    added = losses.added[:, group].sum(axis=1)
    estimate = intervals.paired_difference(added)
    share = intervals.UNKNOWN if scale is None else _share(added, scale)
    return {
        f"{name}_alone_s": float(np.median(losses.alone[:, group].sum(axis=1))),
        f"{name}_s": float(np.median(losses.together[:, group].sum(axis=1))),
        **estimate.columns(f"added_{name}_s"),
        **share.columns(f"{name}_share"),
        "interval": estimate.kind,
    }


def facts_of(results: Sequence[Mapping[str, Any]]) -> dict[Place, dict[str, Any]]:
    """{place: its function, what it called most of the time, and its text} of all runs of a combination."""
    called: dict[Place, Counter[str | None]] = {}
    facts: dict[Place, dict[str, Any]] = {}
    for measured in results:
        texts = measured["seen"]["texts"]
        for file, line, function, callee, running_s, waiting_s, _ in measured["seen"]["lines"]:
            place = (file, line)
            called.setdefault(place, Counter())[callee] += running_s + waiting_s
            source = texts.get(file, {}).get(str(line))
            facts[place] = {"function": function, "source": source and source.strip()}
    return {place: {**own, "callee": called[place].most_common(1)[0][0]} for place, own in facts.items()}


def listing_rows(
    alone: Sequence[Profile], together: Sequence[Profile], texts: Mapping[str, Mapping[str, str]], shown: Sequence[str]
) -> list[dict[str, Any]]:
    """The lines of the functions of some files, with what the further workers add at each; texts: {file: {line: text}}."""
    rows = []
    for file in shown:
        for line, source in sorted((int(number), text) for number, text in texts.get(file, {}).items()):
            place = (file, line)
            cpu, waiting = (_added(alone, together, place, part) for part in (0, 1))
            rows.append({"file": file, "line": line, "source": source, "added_cpu_s": cpu, "added_waiting_s": waiting})
    return rows


def _added(alone: Sequence[Profile], together: Sequence[Profile], place: Place, part: int) -> float:
    """The median over the rounds; NaN for a line at which nothing was seen."""
    if not any(place in one.lines for one in (*alone, *together)):
        return math.nan
    losses = _losses(alone, together, [place], part)
    return float(np.median(losses._replace(factor=1.0 if part else machine_factor(alone, together)).added))
