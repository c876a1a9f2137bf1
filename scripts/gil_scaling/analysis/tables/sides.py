"""Which results are held against which: builds of one machine, one machine at two times, one machine and another."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from gil_scaling.analysis.tables.pairing import COMBINATION, with_costs

BUILD, AGAIN, MACHINE = "build", "again", "machine"

# What the two sides of a pair have in common; where the interval has no effect on one of them, see matched.
SHARED = [name for name in COMBINATION if name not in ("machine", "python", "switch_interval_s")]
_DEFAULT_S = 0.005


class Side(NamedTuple):
    """A build on a machine; the machine is the label of its result set."""

    machine: str
    python: str


class Pair(NamedTuple):
    """A side and what it is held against; kind is BUILD, AGAIN or MACHINE."""

    side: Side
    against: Side
    kind: str

    def turned(self):
        """The same two the other way round."""
        return self._replace(side=self.against, against=self.side)

    def columns(self):
        """The columns of a table that name the two."""
        return {
            "machine": self.side.machine,
            "python": self.side.python,
            "against_machine": self.against.machine,
            "against_python": self.against.python,
            "kind": self.kind,
        }


def pairs(summary, builds, machines=None):
    """All Pairs of a summary, none twice: each build and the reference build, and the same build on the first machine.

    builds: a row a build and machine. machines: {label: the machine's own label}, the first is what the others are held
    against; two labels of one machine are the machine at two times. None: each label is a machine of its own.
    A free-threaded build that was measured with the GIL and without is held against itself, too: what the GIL costs apart
    from the build. A build without a known reference build (earlier versions did not write it) is held against none.
    """
    machines = machines or {label: label for label in dict.fromkeys(summary["machine"])}
    known = summary.dropna(subset="python").drop_duplicates(["machine", "python", "reference"])
    found = [
        Pair(Side(row["machine"], row["python"]), Side(row["machine"], row["reference"]), BUILD)
        for row in known.dropna(subset="reference").to_dict("records")
        if row["python"] != row["reference"]
    ]
    found += _arms(builds)
    labels = list(machines)
    for place, label in enumerate(labels):
        earlier = [other for other in labels[:place] if machines[other] == machines[label]]
        base, kind = (earlier[0], AGAIN) if earlier else (labels[0], MACHINE)
        if base != label:
            both = set(known.loc[known["machine"] == label, "python"]) & set(
                known.loc[known["machine"] == base, "python"]
            )
            found += [Pair(Side(label, python), Side(base, python), kind) for python in sorted(both)]
    found = list(dict.fromkeys(found))
    return [pair for place, pair in enumerate(found) if pair.turned() not in found[:place]]


def _arms(builds):
    """Pairs of one free-threaded build, without the GIL against with it; what is not known of both tells nothing apart."""
    free = builds[builds["free_threaded"].eq(True)].drop_duplicates(["machine", "python"])
    found = []
    for _, own in free.groupby(["machine", "version", "compiler", "pgo", "lto", "jit"], sort=False, dropna=False):
        on, off = own[own["gil"].eq(True)], own[own["gil"].eq(False)]
        for row in off.to_dict("records"):
            side = Side(row["machine"], row["python"])
            found += [Pair(side, Side(side.machine, other), BUILD) for other in on["python"]]
    return found


def judged(runs, summary):
    """The runs whose times mean something, with the columns timed_s and cost_s: of workloads that have a speedup, no control runs.

    runs: a row a run and use, with the column timed_s; summary: theirs. Runs of an unknown number of workers are left out.
    """
    told = summary[summary["speedup"].notna()]
    timed = set(zip(told["machine"], told["workload"], strict=True))
    is_good = runs["status"].eq("ok") & runs["role"].ne("ceiling") & runs["timed_s"].gt(0) & runs["workers"].gt(0)
    is_timed = np.array([of in timed for of in zip(runs["machine"], runs["workload"], strict=True)], dtype=bool)
    return with_costs(runs[is_good & is_timed].reset_index(drop=True))


def matched(runs, pair):
    """(the side's runs, the other's) of each combination that one of them has; None for those that the other lacks.

    runs: as judged gives them, or rows of a summary. Where the switch interval has no effect on one side, its runs stand
    against the other's at the interval nearest to the default.
    """
    own, other = (_by_combination(runs, side) for side in (pair.side, pair.against))
    for key in dict.fromkeys([*own, *other]):
        yield from _by_interval(own.get(key, {}), other.get(key, {}))


def _by_combination(runs, side):
    """{what is shared: {switch interval, None where it has no effect: runs}} of a side."""
    found = {}
    chosen = runs[runs["machine"].eq(side.machine) & runs["python"].eq(side.python)]
    for key, group in chosen.groupby([*SHARED, "switch_interval_s"], dropna=False, sort=False):
        interval = None if key[-1] != key[-1] else key[-1]
        found.setdefault(key[:-1], {})[interval] = group
    return found


def _by_interval(own, other):
    if own and other and (None in own) != (None in other):
        own, other = (
            one if None in one else {None: one[min(one, key=lambda value: abs(value - _DEFAULT_S))]}
            for one in (own, other)
        )
    for interval in dict.fromkeys([*own, *other]):
        yield own.get(interval), other.get(interval)


def named(found):
    """The tables with their sides by name, as figures and sentences tell of them: `laptop · 3.14t` where there are several machines.

    found: {name: table}. The columns python, reference and against_python say it; build and against_build keep the names of
    the builds alone.
    """
    several = found["summary"]["machine"].nunique() > 1
    return {name: _with_names(table, several) for name, table in found.items()}


def _with_names(table, several):
    owners = {"python": "machine", "reference": "machine", "against_python": "against_machine"}
    told = {
        column: pd.Series(table[owner].astype("str") + " · " + table[column].astype("str"), dtype="str")
        for column, owner in owners.items()
        if several and column in table
    }
    alone = {"build": "python", "against_build": "against_python"}
    return table.assign(**{name: table[column] for name, column in alone.items() if column in table}, **told)


def against(row):
    """What the side of a row is held against, by as much as tells it from the side: `3.14`, `yesterday`, `laptop · 3.14`.

    row: of a table of named, or of one machine's.
    """
    if row["machine"] == row["against_machine"]:
        return row.get("against_build", row["against_python"])
    is_same_build = row.get("build", row["python"]) == row.get("against_build", row["against_python"])
    return row["against_machine"] if is_same_build else row["against_python"]
