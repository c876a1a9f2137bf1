"""Finds the Python builds that a config names, and probes each."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

from gil_scaling.launch import sources
from gil_scaling.plan import orders, requirements
from gil_scaling.plan.config import Config, Mistake, duplicate, nearest
from gil_scaling.plan.prober import OLDEST, ProbeError
from gil_scaling.plan.yaml_lines import KeyPath

_WITH_TWO_FORMS = ("3.13", "3.14", "3.15")  # versions that uv may have

Probe = Callable[[Sequence[str], dict[str, str]], dict[str, Any]]
Entry = Mapping[str, Any]  # of `pythons`: name, like, command, env, optional, packages, allow_source


class BuildError(Exception):
    """A build that cannot be found; the message lists what was tried."""


@dataclass(frozen=True)
class Build:
    """One Python executable with its options and environment variables, and what its probe reported.

    rejected: why it does not start with them, although it starts without, or cannot have its packages; then its runs are
    unsupported. requires: the requirements of its entry; allow_source: whether they may be compiled; environment: the name of the
    folder that its packages are installed in, None without packages, or before they are.
    """

    name: str
    command: tuple[str, ...]
    env: dict[str, str]
    facts: dict[str, Any]
    rejected: str | None = None
    requires: tuple[str, ...] = ()
    allow_source: bool = False
    environment: str | None = None

    @property
    def options(self) -> list[str]:
        """The options after the executable."""
        return list(self.command[1:])

    @property
    def gil(self) -> bool:
        """Whether the GIL is on."""
        return bool(self.facts["gil"])

    @cached_property
    def files(self) -> dict[str, str]:
        """{path: digest} of the executable, the library where there is one, and the folders of packages; see launch.sources."""
        digests = self.facts["digests"]
        binaries = {path: digests[name] for name, path in self.facts["files"].items() if path}
        packages = {path: sources.digest(path) for path in self.facts["package_folders"]}
        return {path: digest for path, digest in {**binaries, **packages}.items() if digest}

    @property
    def fingerprint(self) -> str:
        """A digest of version, implementation, configure arguments, binaries and packages; not of path, options and environment."""
        keys = ("version_text", "implementation", "configure_arguments", "digests", "packages")
        text = json.dumps([self.facts[key] for key in keys], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def is_same(self, other: "Build") -> bool:
        """Whether two builds differ in nothing but their paths."""
        return all(
            getattr(self, key) == getattr(other, key) for key in ("name", "options", "env", "fingerprint", "requires")
        )

    @property
    def facts_name(self) -> str:
        """The name of the file of its facts; with a digest of its packages, so that each sweep of a result set keeps its own."""
        requires = self.facts.get("requires")
        return f"{self.name}-{orders.digest([requires, self.environment])}" if requires else self.name

    def describe(self) -> dict[str, Any]:
        """The content of the file of its facts, without paths of this machine."""
        facts = {key: value for key, value in self.facts.items() if key not in ("files", "package_folders")}
        entry = {"name": self.name, "options": self.options, "env": self.env, "rejected": self.rejected}
        return {**facts, **entry, "fingerprint": self.fingerprint}


def find(entry: Entry, prober: Probe) -> Build:
    """The build of an entry of `pythons`, which has a name or a command; its packages are not looked for.

    prober(command, env) returns the facts of a build. Raises BuildError or ProbeError.
    """
    build = _find(entry, prober)
    name = entry["name"] if entry.get("like") else build.name
    requires, allow_source = tuple(entry.get("packages") or ()), bool(entry.get("allow_source"))
    return replace(build, name=name, requires=requires, allow_source=allow_source)


def _find(entry: Entry, prober: Probe) -> Build:
    env = dict(entry.get("env") or {})
    if entry.get("command"):
        command = _resolve(entry["command"])
        return _start(entry.get("name"), command, env, prober)
    name = entry.get("like") or entry["name"]
    if name == "current":
        return _start(None, (sys.executable,), env, prober)
    if os.sep in name:
        return _start(None, _resolve(name), env, prober)
    tried = []
    for path in candidates(name):
        try:
            build = _start(name, (path,), env, prober)
        except ProbeError as error:
            tried.append(str(error))
            continue
        if is_named(name, build.facts):
            return build
        tried.append(f"{path} is {build.facts['version']}")
    places = "PATH, `uv python find` and pyenv's versions"
    raise BuildError("; ".join(tried) or f"no Python {name!r} found in {places}")


def is_named(name: str, facts: Mapping[str, Any]) -> bool:
    """Whether a build is the version of a name like 3.14, 3.14t or 3.14.2; True for names that are not versions."""
    version = re.fullmatch(r"(\d+(?:\.\d+)*)(t?)", name)
    if version is None:
        return True
    same = f"{facts['version']}.".startswith(f"{version[1]}.")
    return same and bool(facts["free_threaded"]) == bool(version[2])


def candidates(name: str) -> Iterator[str]:
    """The paths at which a build of this name may be, the most likely first."""
    for command in (f"python{name}", name):
        path = shutil.which(command)
        if path:
            yield path
    if shutil.which("uv"):
        yield from dict.fromkeys(filter(None, map(_ask_uv, _uv_requests(name))))
    yield from _pyenv(name)


def _uv_requests(name: str) -> list[str]:
    """What to ask uv for: the variant of a version by its name, as a bare 3.14 may be answered by 3.14t; then the name.

    Versions of uv that do not know a variant fail, and the name remains.
    """
    version = re.fullmatch(r"(\d+(?:\.\d+)+)(t?)", name)
    return [f"{version[1]}+{'freethreaded' if version[2] else 'gil'}", name] if version else [name]


def _ask_uv(request: str) -> str:
    """The path that `uv python find` answers; empty where it finds none."""
    command = ["uv", "python", "find", "--no-project", request]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() if found.returncode == 0 else ""


def everywhere() -> list[str]:
    """The names of all distinct CPython versions on PATH and among pyenv's, oldest first."""
    names = {match[1] for folder in os.get_exec_path() for match in _matches(r"(?:python)(3\.\d+t?)", _list(folder))}
    names |= {match[1] + match[2] for match in _matches(r"(3\.\d+)(?:\.\d+)?(t?)(?:-dev)?", _list(_pyenv_versions()))}
    minor = {name: int(name.rstrip("t").split(".")[1]) for name in names}
    return sorted((name for name in names if minor[name] >= OLDEST[1]), key=lambda name: (minor[name], name))


def _matches(pattern: str, names: Iterable[str]) -> Iterator[re.Match[str]]:
    return filter(None, (re.fullmatch(pattern, name) for name in names))


def _list(folder: str) -> list[str]:
    """The names in a folder; none in one that is missing or may not be read."""
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _pyenv_versions() -> str:
    return os.path.join(os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv"), "versions")


def _pyenv(name: str) -> Iterator[str]:
    """The paths of pyenv's builds of this name, the newest first."""
    wanted = re.compile(re.escape(name.rstrip("t")) + r"\.\d+" + ("t" if name.endswith("t") else ""))
    for folder in sorted(_list(_pyenv_versions()), key=_natural, reverse=True):
        version = folder.removesuffix("-dev")
        path = os.path.join(_pyenv_versions(), folder, "bin", "python")
        if (version == name or wanted.fullmatch(version)) and os.path.exists(path):
            yield path


def _natural(name: str) -> list[int]:
    return [int(part) if part.isdigit() else -1 for part in re.split(r"(\d+)", name)]


def _resolve(command: str | Sequence[str]) -> tuple[str, ...]:
    """The absolute path of a command's executable, and its options."""
    parts = [command] if isinstance(command, str) else list(command)
    if parts[0] == "current":
        return (sys.executable, *parts[1:])
    executable = shutil.which(os.path.expanduser(parts[0]))
    version = re.fullmatch(r"python(3\.\d+t?)", parts[0])
    if executable is None and version:
        executable = next(candidates(version[1]), None)
    if executable is None:
        hint = " (options go into a list: [python3, -X, dev])" if " " in parts[0] else ""
        raise BuildError(f"no executable {parts[0]!r} found{hint}")
    return (os.path.abspath(executable), *parts[1:])


def _start(name: str | None, command: tuple[str, ...], env: dict[str, str], prober: Probe) -> Build:
    rejected = None
    try:
        facts = prober(command, env)
    except ProbeError as error:
        if not env and len(command) == 1:
            raise
        facts = prober(command[:1], {})
        rejected = str(error)
    return Build(name or facts["label"], command, env, facts, rejected)


def choose(
    experiments: Sequence[Config], entries: Any, prober: Probe, *, all_optional: bool = False
) -> tuple[dict[str, list[Build]], list[str], list[Mistake]]:
    """The builds of each experiment as {experiment name: builds}, notes on those left out, and the mistakes.

    experiments: of a checked config, each with its `pythons`; entries: the `pythons` of the top level, to which the
    experiments may refer by name; all_optional: whether each build counts as optional, so that an experiment may have none.
    """
    entries_of = partial(_mappings, prober=prober)
    known = {entry["name"]: entry for entry in entries_of(entries)[::-1] if entry.get("name")}
    chosen: dict[str, list[Build]] = {}
    first: dict[str, Build] = {}
    notes, mistakes = [], []
    for index, experiment in enumerate(experiments):
        builds: dict[str, Build] = {}
        path: KeyPath = ["experiments", index, "pythons"]
        for number, reference in enumerate(entries_of(experiment["pythons"])):
            entry = _definition(reference, known)
            try:
                build = find(entry, prober)
            except (BuildError, ProbeError) as error:
                if all_optional or entry.get("optional"):
                    notes.append(
                        f"build {entry.get('name') or entry['command']!r} left out: {error}{_how_to_get(entry)}"
                    )
                else:
                    mistakes.append(([*path, number], f"{error}. {_remedy(entry, known)}or mark it optional: true."))
                continue
            if first.setdefault(build.name, build).is_same(build):
                builds[build.name] = first[build.name]
            elif not entry.get("optional"):
                mistakes.append(([*path, number], duplicate("build", build.name)))
        if not builds and not all_optional and not any(where[1] == index for where, _ in mistakes):
            text = f"all of these builds are optional, and none was found. {nearest('', ['current', *everywhere()])}"
            mistakes.append((path, text))
        chosen[experiment["name"]] = list(builds.values())
    return chosen, list(dict.fromkeys(notes)), mistakes


def _how_to_get(entry: Entry) -> str:
    """What brings two builds in place of a free-threaded one that is missing; empty for others."""
    name = str(entry.get("name"))
    if not re.fullmatch(r"[\d.]+t", name):
        return ""
    version = name.rstrip("t") if name.rstrip("t") in _WITH_TWO_FORMS else _WITH_TWO_FORMS[-1]
    return f"; `uv python install {version} {version}t` brings two builds that differ in the GIL alone"


def _definition(entry: Entry, known: Mapping[str, Entry]) -> Entry:
    """An entry of `pythons`; one that is only a name stands for the entry of that name at the top level.

    One that is `like` another has what it does not set from that one: its `env` adds variables, its `packages` replace those of
    the same name and add others.
    """
    if not any(entry.get(key) for key in ("command", "env", "like")):
        entry = {**known.get(entry["name"], {}), **entry}
    if not entry.get("like"):
        return entry
    others = {name: each for name, each in known.items() if name != entry["name"]}  # none is like itself
    base = _definition({"name": entry["like"]}, others)
    packages = requirements.replace_by_name(base.get("packages", ()), entry.get("packages", ()))
    env = {**(base.get("env") or {}), **(entry.get("env") or {})}
    return {**base, **entry, "like": base.get("like") or base["name"], "env": env, "packages": packages}


def _remedy(entry: Entry, known: Mapping[str, Entry]) -> str:
    """What would be right in place of an entry whose build is not found."""
    if entry.get("command") or os.sep in entry["name"]:
        return "Give the path of a Python, "
    names = dict.fromkeys(["current", *known, *everywhere()])
    name = entry.get("like") or entry["name"]
    return f"{nearest(name, list(names))} Or give its path or command, "


def _pair(prober: Probe) -> list[Entry]:
    """The current Python and its form with or without the GIL, or else those of the newest version that has both.

    Where no version has, the current one, and the other one as an optional build, so that a note names it.
    """
    current = prober((sys.executable,), {})["label"]
    others = {name.rstrip("t") for name in everywhere()} | set(_WITH_TWO_FORMS)
    newest_first = sorted(others - {current.rstrip("t")}, key=_natural, reverse=True)
    for version in (current.rstrip("t"), *newest_first):
        names = [version, f"{version}t"]
        if all(name == current or _is_there(name, prober) for name in names[::-1]):
            return [{"name": "current" if name == current else name} for name in names]
    other = current.rstrip("t") if current.endswith("t") else f"{current}t"
    return [{"name": "current"}, {"name": other, "optional": True}]


def _is_there(name: str, prober: Probe) -> bool:
    try:
        find({"name": name}, prober)
    except (BuildError, ProbeError):
        return False
    return True


def _mappings(entries: Any, prober: Probe) -> list[Entry]:
    """The entries of `pythons` as mappings; auto stands for all builds found, pair for two that differ in the GIL alone."""
    if entries == "auto":
        return [{"name": name, "optional": True} for name in ["current", *everywhere()]]
    if entries == "pair":
        return _pair(prober)
    return [{"name": entry} if isinstance(entry, str) else entry for entry in entries]
