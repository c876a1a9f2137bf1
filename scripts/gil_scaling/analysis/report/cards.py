"""Cards of facts: what was measured in a result set, its machine, its builds."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from gil_scaling.analysis import phrases
from gil_scaling.analysis.packages import package_versions, unlike_packages

_BUILD_FACTS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "GIL": lambda build: "on" if build["gil"] else "off",
    "free-threaded build": lambda build: _yes_no(build["free_threaded"]),
    "compiler": lambda build: build["compiler"],
    "PGO": lambda build: _yes_no(build["pgo"]),
    "LTO": lambda build: _yes_no(build["lto"]),
    "JIT": lambda build: "on" if build["jit"]["enabled"] else "off" if build["jit"]["available"] else "none",
    "options": lambda build: " ".join(build["options"]) or "none",
    "environment": lambda build: " ".join(f"{name}={value}" for name, value in build["env"].items()) or "none",
    "configured with": lambda build: " ".join(build["configure_arguments"]) or "nothing",
}


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"


def describe_runs(runs: pd.DataFrame) -> str:
    """How many runs are ok and unsupported, in how many rounds and calls, and when they were measured."""
    counts = runs.drop_duplicates("run")["status"].value_counts()
    unsupported = f", {counts['unsupported']:,} unsupported" if "unsupported" in counts else ""
    rounds = phrases.format_count(runs["round"].max() if runs["round"].notna().any() else 0, "round")
    started = runs["started"].dropna()
    times = (
        f"measured from {_format_minute(started.min())} to {_format_minute(started.max())}"
        if len(started)
        else "not measured"
    )
    calls = f" in {runs['call'].nunique()} calls" if runs["call"].nunique() > 1 else ""
    return f"{counts.get('ok', 0):,} of {counts.sum():,} runs are ok{unsupported}, in {rounds}, {times}{calls}."


def _format_minute(timestamp: str) -> str:
    """A timestamp without its seconds: 2026-01-31 12:34 UTC."""
    return f"{timestamp[:10]} {timestamp[11:16]} UTC"


def describe_place(facts: Mapping[str, Any], builds: Mapping[str, Mapping[str, Any]]) -> str:
    """The machine and its builds in a line: A CPU, 2 usable CPUs; 3.14 (with the GIL) and 3.14t (without the GIL)."""
    usable = facts.get("usable_cpus")
    cpus = f", {phrases.format_count(usable, 'usable CPU')}" if usable else ""
    named = phrases.join_words(f"{name} ({phrases.describe_gil(build['gil'])})" for name, build in builds.items())
    return f"{facts.get('cpu_model') or 'Unknown CPU'}{cpus}; {named}."


def machine_card(facts: Mapping[str, Any]) -> dict[str, str]:
    """The facts of a machine as text, in their order; those that are not known last."""
    known = {name.replace("_", " "): _format(value) for name, value in facts.items() if value is not None}
    unknown = [name.replace("_", " ") for name, value in facts.items() if value is None]
    return {**known, **({"not known": ", ".join(unknown)} if unknown else {})}


def _format(value: Any) -> str:
    return ", ".join(f"{name} {part}" for name, part in value.items()) if isinstance(value, dict) else str(value)


def build_card(build: Mapping[str, Any], name: str, builds: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The name, version and facts of a build as text; builds: all of its result set."""
    facts = {fact: form(build) for fact, form in _BUILD_FACTS.items()}
    versions, others = package_versions(build), [package_versions(other) for other in builds]
    if build["requires"]:
        facts["packages"] = _list_packages(build, versions)
        facts |= {f"import of {name}": _describe_import(facts_of) for name, facts_of in build["imports"].items()}
    else:
        facts["packages"] = _describe_packages(versions, others)
    return {"name": name, "version": f"{build['implementation']} {build['version']}", "facts": facts}


def _list_packages(build: Mapping[str, Any], versions: Mapping[str, str]) -> str:
    """What is installed in the environment of a build, and what was asked for; or why nothing is."""
    wanted = f"for {', '.join(build['requires'])}"
    if build["rejected"]:
        return f"none {wanted}: {build['rejected']}"
    return f"{', '.join(f'{name} {version}' for name, version in versions.items())} ({wanted})"


def _describe_import(facts: Mapping[str, Any]) -> str:
    """What importing a package does to a process of its build."""
    if facts["seconds"] is None:
        return f"fails: {facts['error']}"
    parts = [phrases.format_seconds(facts["seconds"])]
    if facts["gil_enabled"]:
        parts.append(f"turns the GIL on ({phrases.join_words(facts['gil_modules']) or 'module not known'})")
    if facts["threads"]:
        parts.append(f"starts {phrases.format_count(facts['threads'], 'thread')}")
    libraries = facts["thread_libraries"] or {}
    return ", ".join([*parts, *(f"{library} ({limit})" for library, limit in libraries.items())])


def _describe_packages(versions: Mapping[str, str], others: Iterable[Mapping[str, str]]) -> str:
    """How many packages are installed, and those that another build has in another version."""
    if not versions:
        return "none known"
    unlike = sorted({name for other in others for name in unlike_packages(versions, other)})
    named = phrases.join_words(f"{name} {versions[name]}" for name in unlike)
    return f"{len(versions)}{f'; in another version elsewhere: {named}' if unlike else ''}"
