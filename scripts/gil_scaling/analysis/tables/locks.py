"""The table `locks`: how long the workers wait for the locks that a line creates, and which line holds them meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from gil_scaling.analysis.statistics import intervals

Key = tuple[str, int, str]  # (file, line, kind)
Site = Mapping[str, Any]  # of lock_counts.Totals

_NOTHING = dict.fromkeys(("tries", "contended", "waited_s", "held_s", "slept_s"), 0)


class Round(NamedTuple):
    """What one run with metered locks measured; span_s: the workers' time in their tasks; slowdown: against plain locks."""

    tasks: int
    span_s: float
    sites: dict[Key, Site]
    slowdown: float


def lock_rows(metered: Sequence[Mapping[str, Any]], plain: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows of a combination, those that are waited for most first.

    metered, plain: what runs with and without metered locks measured, of the same rounds.
    """
    rounds = [_round(*both) for both in zip(metered, plain, strict=True)]
    keys = {key for each in rounds for key in each.sites}
    rows = [_row(key, rounds) for key in sorted(keys)]
    yield from sorted(rows, key=lambda row: -row["waited_share"])


def _round(metered: Mapping[str, Any], plain: Mapping[str, Any]) -> Round:
    samples = [sample for sample in metered["samples"] if sample["is_sampled"]]
    times = [sample["work_s"] for sample in metered["samples"][1:]]
    plain_times = [sample["work_s"] for sample in plain["samples"][1:] if not sample["is_sampled"]]
    return Round(
        sum(sample["tasks"] for sample in samples),
        sum(sample["span_s"] for sample in samples),
        {(site["file"], site["line"], site["kind"]): site for site in metered["sites"]},
        median(times) / median(plain_times),
    )


def _row(key: Key, rounds: Sequence[Round]) -> dict[str, Any]:
    sites: list[Site] = [each.sites.get(key, _NOTHING) for each in rounds]
    known = next(site for site in sites if site is not _NOTHING)
    tries = [site["tries"] for site in sites]
    contended = [site["contended"] / max(1, site["tries"]) for site in sites]
    waited = [site["waited_s"] / each.span_s for site, each in zip(sites, rounds, strict=True)]
    slept = [site["slept_s"] / each.span_s for site, each in zip(sites, rounds, strict=True)]
    share = intervals.paired_difference(waited)
    return {
        **{name: known[name] for name in ("file", "line", "function", "kind", "source")},
        "acquisitions": median(count / each.tasks for count, each in zip(tries, rounds, strict=True)),
        **intervals.paired_difference(contended).columns("contended_share"),
        **share.columns("waited_share"),
        **{
            name: median(site[name] / each.tasks for site, each in zip(sites, rounds, strict=True))
            for name in ("waited_s", "held_s")
        },
        "notified_share": float(np.median(slept)),
        **_holder(sites),
        "metered_slowdown": median(each.slowdown for each in rounds),
        "rounds": len(rounds),
        "interval": share.kind,
    }


def _holder(sites: Sequence[Site]) -> dict[str, Any]:
    """The line that held the locks longest while others waited, of all rounds together."""
    waited_s: Counter[tuple[str, int, str]] = Counter()
    for site in sites:
        for holder in site.get("holders", ()):
            waited_s[holder["file"], holder["line"], holder["source"]] += holder["waited_s"]
    if not waited_s:
        return {}
    (file, line, source), longest_s = waited_s.most_common(1)[0]
    share = longest_s / waited_s.total()
    return {"holder_file": file, "holder_line": line, "holder_source": source, "holder_share": share}
