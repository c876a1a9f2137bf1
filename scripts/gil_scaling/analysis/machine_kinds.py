"""Machines by kind: many are named by the model of their CPUs and their sizes, not one by one."""

from collections.abc import Iterable, Iterator

import pandas as pd

from gil_scaling.analysis import phrases

MANY = 5  # machines, from which on a page groups them
_MAX_NAMED = 4  # kinds in a sentence; beyond that they are counted
_UNKNOWN = "unknown CPU"


def is_many(machines: pd.DataFrame) -> bool:
    """Whether a page groups them; result sets of one machine at several times count once.

    machines: the table of this name, as in all functions here.
    """
    return bool(machines["name"].nunique() >= MANY)


def kinds(machines: pd.DataFrame) -> dict[str, list[str]]:
    """{model of the CPUs: labels of the machines that have it, by usable CPUs}, in the order of the machines."""
    models = machines["cpu_model"].fillna(_UNKNOWN)
    by_size = machines.assign(cpu_model=models).sort_values("usable_cpus", kind="stable")
    labels = by_size.groupby("cpu_model")["machine"].agg(list).to_dict()
    return {model: labels[model] for model in models.unique()}


def with_names(sentences: Iterable[tuple[str, str]], machines: pd.DataFrame) -> list[str]:
    """Sentences about machines, (label, sentence) each, after the labels where there are several machines.

    Of many machines those with the same sentence share it.
    """
    if len(machines) == 1:
        return [sentence for _, sentence in sentences]
    if not is_many(machines):
        return [f"{label}: {sentence}" for label, sentence in sentences]
    labels: dict[str, list[str]] = {}
    for label, sentence in sentences:
        labels.setdefault(sentence, []).append(label)
    return [f"On {name_machines(having, machines)}: {sentence}" for sentence, having in labels.items()]


def name_machines(labels: Iterable[str], machines: pd.DataFrame) -> str:
    """Some of the machines in a sentence: `all 20 machines`, `5 synthetic laptop (4 to 24 CPUs) and plain-2`.

    By the models of their CPUs where these are few, else as `7 of 20 machines`.
    """
    chosen, count = set(labels), phrases.format_count(len(machines), "machine")
    if chosen == set(machines["machine"]):
        return f"all {count}"
    parts = list(_name_kinds(chosen, machines))
    return phrases.join_words(parts) if len(parts) <= _MAX_NAMED else f"{len(chosen)} of {count}"


def _name_kinds(labels: set[str], machines: pd.DataFrame) -> Iterator[str]:
    for model, members in kinds(machines).items():
        chosen = [label for label in members if label in labels]
        if len(chosen) == 1:
            yield chosen[0]
        elif chosen:
            count = len(chosen) if len(chosen) == len(members) else f"{len(chosen)} of {len(members)}"
            yield f"{count} {model} ({describe_cpus(chosen, machines)})"


def describe_cpus(labels: Iterable[str], machines: pd.DataFrame) -> str:
    """How many CPUs some machines have: `4 CPUs`, `4 to 24 CPUs`."""
    counts = machines.loc[machines["machine"].isin(list(labels)), "usable_cpus"].dropna().astype(int)
    if counts.empty:
        return "CPUs not known"
    low, high = counts.min(), counts.max()
    return phrases.format_count(low, "CPU") if low == high else f"{low:,} to {high:,} CPUs"
