"""How machines compare: by the shape of their scaling, never by seconds; and what one side of a comparison lacks."""

from fractions import Fraction

import numpy as np
import pandas as pd

from gil_scaling.analysis.columns import KEYS
from gil_scaling.analysis.statistics import intervals
from gil_scaling.analysis.statistics.claims import claim
from gil_scaling.analysis.tables.pairing import Baselines, one
from gil_scaling.analysis.tables.sides import MACHINE, SHARED, judged, matched, pairs

_KEYS = [key.name for key in KEYS]
_LINE = [name for name in SHARED if name != "workers_asked"]
WORKERS, SHARE = "workers", "share"
_COMPARED = ("speedup", "speedup_ceiling", "efficiency")
NOT_ASKED = "not measured there"


def shapes(runs, summary, builds, machines=None):
    """The table: a row a combination that two machines have, at equal workers, and at an equal share of the CPUs.

    runs, summary, builds, machines: as changes.changes takes them. The gain is the quotient of the speedups (at an equal
    share: of the efficiencies), each over the sequential run of its own round and machine, so that no second is compared
    with one of another machine; its interval is the unpaired one over the rounds of both. Where another call measured the
    sequence, as after a backend was added, the row has the flag separate_calls.
    """
    good = judged(runs, summary)
    good = _with_speedups(good).dropna(subset="speedup")
    facts = {_key_of(row): row for row in summary.to_dict("records")}
    is_told = pd.Series([_key_of(run) in facts for run in good[_KEYS].to_dict("records")], good.index, dtype=bool)
    good = good[is_told & good["backend"].ne("sequential") & good["workers_asked"].ne("default")]
    rows = []
    for pair in pairs(summary, builds, machines):
        if pair.kind == MACHINE:
            both = ((WORKERS, own, other) for own, other in matched(good, pair))
            equal = [*both, *((SHARE, own, other) for own, other in _of_equal_share(good, pair, facts))]
            rows += [_row(pair, *part, facts) for part in equal if part[1] is not None and part[2] is not None]
    return pd.DataFrame(rows)


def _with_speedups(runs):
    """The runs with their speedup over the sequential one of their round, and whether one call measured both."""
    baselines = Baselines(runs.assign(no_speedup=False))
    pairs = [(run, baselines.of(run)) for run in runs.to_dict("records")]
    return runs.assign(
        speedup=[np.nan if base is None else one(run, base, f"{run['timed']}_s") for run, base in pairs],
        is_one_call=[base is not None and base["call"] == run["call"] for run, base in pairs],
    )


def _of_equal_share(runs, pair, facts):
    """(own, other) of each two combinations that differ in their workers, and use the same share of the CPUs."""
    own, other = (_by_share(runs, side, facts) for side in (pair.side, pair.against))
    for key, group in own.items():
        if key in other and group["workers"].iloc[0] != other[key]["workers"].iloc[0]:
            yield group, other[key]


def _by_share(runs, side, facts):
    chosen = runs[runs["machine"].eq(side.machine) & runs["python"].eq(side.python)]
    found = {}
    for key, group in chosen.groupby([*_LINE, "workers", "switch_interval_s"], dropna=False, sort=False):
        usable = facts[_key_of(group.iloc[0])]["usable_cpus"]
        if pd.notna(usable) and usable > 0:
            *line, workers, interval = key
            found[(*line, None if interval != interval else interval, Fraction(int(workers), int(usable)))] = group
    return found


def _key_of(row):
    values = (row[name] for name in (*SHARED, "machine", "python", "switch_interval_s"))
    return tuple(None if value != value else value for value in values)


def _row(pair, at, own, other, facts):
    mine, theirs = facts[_key_of(own.iloc[0])], facts[_key_of(other.iloc[0])]
    # At equal workers the quotient of the efficiencies is that of the speedups.
    efficiencies = (side["speedup"].to_numpy(float) / side["workers"].to_numpy(float) for side in (own, other))
    found = intervals.unpaired_ratio(*efficiencies, min_rounds=intervals.MIN_ROUNDS)
    columns = {name: value for name, value in pair.columns().items() if name != "kind"}
    return {
        **own.iloc[0][_KEYS].to_dict(),
        **columns,
        "at": at,
        "usable_cpus": mine["usable_cpus"],
        "against_workers": theirs["workers"],
        "against_usable_cpus": theirs["usable_cpus"],
        **{name: mine[name] for name in _COMPARED},
        **{f"against_{name}": theirs[name] for name in _COMPARED},
        **found.columns("gain"),
        "rounds": len(own),
        "against_rounds": len(other),
        "interval": found.kind,
        "pairing": "unpaired",
        "claim": claim(found),
        "flags": "" if own["is_one_call"].all() and other["is_one_call"].all() else "separate_calls",
    }


def one_sided(summary, builds, machines=None):
    """The table: a row a combination of which one side of a pair alone has a time, with the reason where the other tells it."""
    asked = summary[summary["role"].ne("ceiling")]
    rows = []
    for pair in pairs(summary, builds, machines):
        for sides in matched(asked, pair):
            for (own, other), turned in ((sides, pair), (sides[::-1], pair.turned())):
                if _has_time(own) and not _has_time(other):
                    keys = own.iloc[0][_KEYS].to_dict()
                    rows.append({**keys, **turned.columns(), "reason": _reason(other)})
    return pd.DataFrame(rows)


def _has_time(rows):
    return rows is not None and rows["rounds_ok"].gt(0).any()


def _reason(rows):
    if rows is None:
        return NOT_ASKED
    row = rows.iloc[0]
    return row["status"] if pd.isna(row["reason"]) else f"{row['status']}: {row['reason']}"
