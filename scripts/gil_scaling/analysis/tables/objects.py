"""The table `objects`: what the workers gain when an object that they share is changed, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gil_scaling.analysis.statistics import intervals
from gil_scaling.analysis.statistics.claims import claim

NO_ADDRESS = "no way leads to it from what the tasks get, or from the globals of a module"
NOT_REACHED = "the study ended before, as the bound or the limit of extra runs was reached, or none of the changes before it gained"


def object_rows(study: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The rows of a combination, in the order in which the changes were tried; study: as launch.objects leaves it.

    One without an object where nothing could be tried; then those that were not tried, and those that could not be changed.
    """
    if study["status"] != "ok" or not study["candidates"]:
        yield {"status": study["status"], "reason": study["reason"]}
    for number, step in enumerate(study["steps"], 1):
        kept = "; ".join(describe(change) for change in step["kept"])
        for each in step["tried"]:
            yield {"step": number, "given": kept or None, **_facts(each["change"]), **_gain(step, each)}
    for change in study["untried"]:
        yield {**_facts(change), "status": "unsupported", "reason": NOT_REACHED}
    for candidate in study["candidates"]:
        if not candidate["addresses"]:
            yield {**_facts(candidate), "status": "unsupported", "reason": NO_ADDRESS}


def describe(change: Mapping[str, Any]) -> str:
    """A change in words: `d["k"]` immortal, or a copy of `d` per worker."""
    name = f"`{change['expression']}`"
    return f"{name} immortal" if change["how"] == "immortal" else f"a copy of {name} per worker"


def _facts(change: Mapping[str, Any]) -> dict[str, Any]:
    return {name: change.get(name) for name in ("file", "line", "expression", "type", "how")}


def _gain(step: Mapping[str, Any], tried: Mapping[str, Any]) -> dict[str, Any]:
    """The speedups before and after a change, relative to one worker without changes, of the rounds in which all is known."""
    rates = zip(step["alone"], step["before"], tried["rates"], strict=True)
    known = [each for each in rates if None not in each]
    status = {"status": tried["status"], "reason": tried["reason"], "rounds": len(known)}
    if not known:
        return status
    gain = intervals.paired_ratio([after / before for _, before, after in known])
    return {
        **status,
        **intervals.paired_ratio([before / alone for alone, before, _ in known]).columns("speedup_before"),
        **intervals.paired_ratio([after / alone for alone, _, after in known]).columns("speedup_after"),
        **gain.columns("gain"),
        "claim": claim(gain),
        "interval": gain.kind,
    }
