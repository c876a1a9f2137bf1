"""The machines side by side: a row of hardware per machine, what all share, and what was measured on them."""

import pandas as pd

from gil_scaling.analysis import machine_kinds, phrases
from gil_scaling.analysis.columns import names
from gil_scaling.analysis.report.cards import describe_runs
from gil_scaling.analysis.report.html_tables import Table, chosen_columns

_FACTS = [name for name in names("machines") if name not in ("machine", "name")]


def hardware_table(machines: pd.DataFrame) -> Table:
    """One row per machine, with the facts that are not the same for all."""
    shown = ["machine", *(name for name in _FACTS if name not in _same(machines))]
    return chosen_columns(machines, {name: name for name in shown}, ("machines",))


def describe_same(machines: pd.DataFrame) -> str:
    """The facts that are the same for all machines, in a sentence; "" for none."""
    same = _same(machines)
    facts = [f"{name.replace('_', ' ')} {value}" for name, value in same.items() if name != "memory_mb"]
    facts += [f"memory {same['memory_mb']} MiB"] if "memory_mb" in same else []
    return f"The same for all: {'; '.join(facts)}." if facts else ""


def _same(machines: pd.DataFrame) -> dict[str, object]:
    return {
        name: machines[name].iloc[0]
        for name in _FACTS
        if machines[name].notna().all() and machines[name].nunique() == 1
    }


def describe_sets(machines: pd.DataFrame, runs: pd.DataFrame) -> list[str]:
    """Which machines there are, by the models of their CPUs, and what was measured on all of them, a sentence each."""
    kinds = [
        f"{len(labels)} {model} ({machine_kinds.describe_cpus(labels, machines)})"
        for model, labels in machine_kinds.kinds(machines).items()
    ]
    count = phrases.format_count(machines["name"].nunique(), "machine")
    return [
        f"{count}: {phrases.join_words(kinds)}.",
        describe_runs(runs.assign(run=runs["machine"] + "/" + runs["run"])),
    ]
