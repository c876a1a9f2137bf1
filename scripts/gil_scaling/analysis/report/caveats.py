"""What numbers must not be read as, in sentences: with a re-enabled GIL, warm state, threads of libraries, unlike builds or sources."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from gil_scaling.analysis import machine_kinds, phrases
from gil_scaling.analysis.columns import AGAIN, MACHINE
from gil_scaling.analysis.flags import ONE_PROCESS, WARM_RATIO
from gil_scaling.analysis.packages import COMPARED_FACTS, package_versions, unlike_packages
from gil_scaling.analysis.report.set_differences import Difference

_MAX_HOSTS = 6  # named in a sentence
_WARM_BASE = "So there is no speedup relative to it."
_WARM = "So a comparison with these is not one of concurrency alone."


def describe_reenabled_gil(runs: pd.DataFrame) -> list[str]:
    """A sentence per build and workload whose GIL was re-enabled."""
    flagged = runs[runs["flags"].str.split(";").map(lambda flags: isinstance(flags, list) and "gil_reenabled" in flags)]
    groups = flagged.drop_duplicates(["machine", "run"]).groupby(["build", "workload"], sort=False)
    return [
        f"The GIL was re-enabled in {phrases.format_count(len(rows), 'run')} of {workload} on {build}: an imported extension "
        f"module{_name_modules(rows['gil_modules'])} does not declare that it can run without it (Py_mod_gil). These runs were "
        "measured with the GIL."
        for (build, workload), rows in groups
    ]


def describe_imports(sets: Sequence[Mapping[str, Any]]) -> list[str]:
    """A sentence per package and build whose import turns the GIL on."""
    return [
        f"Importing {name} on {build} turns the GIL on{_name_modules(pd.Series(facts['gil_modules'], dtype=object))}: whatever "
        "imports it is measured with the GIL."
        for build, name, facts in {
            (build, name): (build, name, facts)
            for each in sets
            for build, described in each["builds"].items()
            for name, facts in described["imports"].items()
            if facts["gil_enabled"]
        }.values()
    ]


def _name_modules(texts: pd.Series) -> str:
    names = texts.dropna().str.split("; ").explode().unique()
    return f" ({', '.join(names)})" if len(names) else ""


def describe_warm_state(samples: pd.DataFrame, summary: pd.DataFrame) -> list[str]:
    """A sentence per build and workload whose first sample in a process takes several times as long as the later ones."""
    warm = summary["flags"].str.contains("warm_state", na=False) & summary["backend_kind"].isin(ONE_PROCESS)
    samples = samples[samples["combination"].isin(summary.loc[warm, "combination"])].drop_duplicates(["run", "sample"])
    is_first = samples["sample"].eq(0)
    keys = ["build", "workload", "label", "combination", "run"]
    later_s = samples[~is_first].groupby(keys, sort=False)["work_s"].median()
    ratios = (samples[is_first].set_index(keys)["work_s"] / later_s).groupby(keys[:4], sort=False).median()
    largest = ratios[ratios >= WARM_RATIO].groupby(keys[:2], sort=False).agg(["idxmax", "max"])
    return [
        f"{workload} on {build}: after the first sample, {label} is {phrases.format_number(ratio)}× as fast. Its tasks find "
        "what earlier ones left in the process (a cache, a lazy import or initialisation); new processes and interpreters "
        f"start without it. {_WARM_BASE if label == 'sequential' else _WARM} Reset it in before_sample(), or measure each "
        "sample in a new process (warmups: 0, repeats: 1)."
        for (build, workload), (_, _, label, _), ratio in zip(
            largest.index, largest["idxmax"], largest["max"], strict=True
        )
    ]


def describe_thread_libraries(runs: pd.DataFrame) -> list[str]:
    """A sentence per build whose runs loaded libraries that may start threads of their own, and what to do about them."""
    loaded = runs.dropna(subset="thread_libraries")
    sentences = []
    for build, rows in loaded.groupby("build", sort=False):
        libraries = rows["thread_libraries"].str.split("; ").explode().str.replace(": ", " (", n=1) + ")"
        sentences.append(
            f"Runs of {phrases.join_words(rows['workload'].unique())} on {build} loaded libraries that may start threads of "
            f"their own, within these limits: {phrases.join_words(libraries.unique())}."
        )
    advice = (
        "To compare several limits of such a library, set its variable in the `env` of further entries of `pythons`."
    )
    return [*sentences, advice] if sentences else []


def describe_hosts(runs: pd.DataFrame) -> list[tuple[str, str]]:
    """(label, sentence) per machine whose runs were measured on several hosts, as where a cluster tried again on another node."""
    hosts = runs.drop_duplicates(["machine", "run"]).groupby(["machine", "host"], sort=False).size()
    return [
        (
            str(machine),
            f"The runs were measured on {len(counts)} hosts: {_count_hosts(counts.droplevel('machine'))}. The facts of the machine "
            "are those of one of them.",
        )
        for machine, counts in hosts.groupby("machine", sort=False)
        if len(counts) > 1
    ]


def _count_hosts(counts: pd.Series) -> str:
    texts = [f"{count} on {host}" for host, count in counts.sort_values(ascending=False, kind="stable").items()]
    return phrases.join_words(phrases.limit_words(texts, _MAX_HOSTS, "other host"))


def describe_unlike_sources(differences: Iterable[Difference]) -> list[str]:
    """A sentence that names the workloads whose source is not the same in all result sets."""
    names = [difference.name for difference in differences if difference.part == "workload"]
    if not names:
        return []
    return [
        f"The source of {phrases.join_words(names)} is not the same in all result sets: differences in time include that "
        "of the code."
    ]


def describe_unlike_builds(
    summary: pd.DataFrame, sets: Sequence[Mapping[str, Any]], machines: pd.DataFrame
) -> list[str]:
    """A sentence per pair of a build and its reference that differ besides the GIL, with the result sets that have it."""
    labels: dict[str, dict[str, None]] = {}
    for each in sets:
        rows = summary[summary["machine"] == each["label"]].dropna(subset="reference")
        for build, reference in rows[["python", "reference"]].drop_duplicates().itertuples(index=False):
            differing = _list_differing(each["builds"].get(build), each["builds"].get(reference))
            if differing:
                has_other_gil = each["builds"][build]["gil"] != each["builds"][reference]["gil"]
                sentence = (
                    f"{build} and {reference} differ in {'more than the GIL: ' if has_other_gil else ''}{', '.join(differing)}. Any of "
                    "these may explain differences in their times."
                )
                labels.setdefault(sentence, {})[each["label"]] = None
    if len(sets) == 1:
        return list(labels)
    if machine_kinds.is_many(machines):
        return machine_kinds.with_names(
            ((label, text) for text, having in labels.items() for label in having), machines
        )
    return [
        f"{'All result sets' if len(having) == len(sets) else phrases.join_words(having)}: {sentence}"
        for sentence, having in labels.items()
    ]


def _list_differing(build: Mapping[str, Any] | None, reference: Mapping[str, Any] | None) -> list[str]:
    """In what two builds differ besides the GIL; nothing where one of them is not known."""
    if build is None or reference is None:
        return []
    facts = [
        f"{text} {_on_off(build[fact])} vs {_on_off(reference[fact])}"
        for fact, text in COMPARED_FACTS.items()
        if build[fact] != reference[fact]
    ]
    packages = unlike_packages(package_versions(build), package_versions(reference))
    return [*facts, *(f"{name} {version} vs {other}" for name, (version, other) in packages.items())]


def _on_off(value: Any) -> str:
    return {True: "on", False: "off"}.get(value, str(value))


def describe_pairs(sets: Sequence[Mapping[str, Any]], tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Which result sets are compared with which, and what that allows to conclude, a sentence each."""
    pairs = _pairs([each["label"] for each in sets], tables)
    sentences = []
    others = [label for label, _, kind in pairs if kind == MACHINE]
    if others and machine_kinds.is_many(tables["machines"]):
        sentences.append(
            f"Speedups and efficiencies of {len(others)} result sets are compared with those of {sets[0]['label']}, each relative "
            "to sequential on its own machine; times of different machines are not compared."
        )
    elif others:
        verb = "is a different machine" if len(others) == 1 else "are different machines"
        sentences.append(
            f"{phrases.join_words(others)} {verb} from {sets[0]['label']}: times of different machines are not compared, but "
            "speedups and efficiencies are, each relative to sequential on its own machine."
        )
    machines = {each["label"]: each["machine"] for each in sets}
    for label, other, _ in (pair for pair in pairs if pair[2] == AGAIN):
        sentences.append(
            f"{label} and {other} are the machine {machines[label]} at two times: their rounds are not paired, so each "
            f"difference includes whatever else changed.{_describe_loops(tables['runs'], [label, other])}"
        )
    return sentences


def describe_nothing_in_common(sets: Sequence[Mapping[str, Any]], tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """A sentence about the result sets that have no combination in common with any other one, and what to run."""
    compared = pd.concat([tables[name][["machine", "against_machine"]] for name in ("changes", "shapes")])
    different = compared[compared["machine"] != compared["against_machine"]]
    paired = set(different.to_numpy().ravel())
    alone = [each for each in sets if each["label"] not in paired]
    if len(sets) < 2 or not alone:
        return []
    names = phrases.join_words(each["label"] for each in alone)
    subject = f"{names} {'has' if len(alone) == 1 else 'have'} nothing in common"
    others = "" if len(alone) == len(sets) else " with the other result sets"
    return [f"{subject}{others} that can be compared: {_describe_reason(alone, sets)}"]


def _describe_reason(alone: Sequence[Mapping[str, Any]], sets: Sequence[Mapping[str, Any]]) -> str:
    """Why some sets have nothing in common with any other one, and what to run."""
    shared = [
        name
        for each in alone
        for name in each["builds"]
        if any(name in other["builds"] for other in sets if other is not each)
    ]
    if not shared:
        builds = phrases.join_words(f"{phrases.join_words(each['builds'])} in {each['label']}" for each in sets)
        return (
            f"no build has the same name ({builds}). To compare builds, name them in `pythons` of one config, and measure "
            "them in one sweep."
        )
    first = sets[0]
    return (
        "no combination of experiment, workload, parameters, backend and workers is the same. Measure both with one config: "
        f"`snakemake --cores all --configfile config.yaml --config machine=LABEL sweep=NAME`, where config.yaml is that in "
        f"the folder {first['sweeps'][0]} of {first['label']}."
    )


def _pairs(labels: Sequence[str], tables: Mapping[str, pd.DataFrame]) -> list[tuple[str, str, str]]:
    """(a result set, an earlier one that it is compared with, kind) of all pairs, in the order of the labels."""
    compared = tables["changes"], tables["shapes"].assign(kind=MACHINE), tables["one_sided"]
    rows = pd.concat([table[["machine", "against_machine", "kind"]] for table in compared])
    rows = rows[rows["kind"].isin([AGAIN, MACHINE])].drop_duplicates()
    ordered = {(*sorted(pair[:2], key=labels.index, reverse=True), pair[2]) for pair in rows.itertuples(index=False)}
    return sorted(ordered, key=lambda pair: (labels.index(pair[0]), labels.index(pair[1])))


def _describe_loops(runs: pd.DataFrame, labels: Sequence[str]) -> str:
    """The time of the reference loop in each set, as a sentence; nothing where one of them has none."""
    loops = [runs.loc[runs["machine"] == label, "reference_loop_before_s"].median() for label in labels]
    if any(pd.isna(loop) for loop in loops):
        return ""
    times = [f"{phrases.format_seconds(loop)} in {label}" for loop, label in zip(loops, labels, strict=True)]
    return f" A reference loop before each run took a median of {phrases.join_words(times)}."
