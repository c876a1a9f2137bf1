"""Finds the Python builds that a config names and asks each what it is."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from gil_scaling.plan.config import nearest
from gil_scaling.plan.prober import OLDEST, ProbeError


class BuildError(Exception):
    """A build that cannot be found; the message says what was tried."""


@dataclass(frozen=True)
class Build:
    """One Python executable with its options and environment, and what it said of itself.

    rejected: why it does not start with them, where it starts without; its runs are unsupported.
    """

    name: str
    command: tuple
    env: dict
    facts: dict
    rejected: str | None = None

    @property
    def options(self):
        """The options after the executable."""
        return list(self.command[1:])

    @property
    def gil(self):
        """Whether the GIL is on."""
        return self.facts["gil"]

    @property
    def fingerprint(self):
        """A digest of what the build is; not of where it lies, nor of its options and environment."""
        keys = ("version_text", "implementation", "configure_arguments", "digests")
        text = json.dumps([self.facts[key] for key in keys], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def is_same(self, other):
        """Whether two builds differ at most in where they lie."""
        return all(getattr(self, key) == getattr(other, key) for key in ("name", "options", "env", "fingerprint"))

    def describe(self):
        """What pythons/<name>.json holds: the facts, without the paths of this machine."""
        facts = {key: value for key, value in self.facts.items() if key != "files"}
        own = {"name": self.name, "options": self.options, "env": self.env, "fingerprint": self.fingerprint}
        return {**facts, **own, "rejected": self.rejected}


def find(entry, prober):
    """The build that an entry of `pythons` means.

    entry: {"name", "command", "env"}; name or command may be None. prober(command, env) gives the facts of a build.
    Raises BuildError or ProbeError.
    """
    env = dict(entry.get("env") or {})
    if entry.get("command"):
        command = _resolve(entry["command"])
        return _start(entry.get("name"), command, env, prober)
    name = entry["name"]
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


def is_named(name, facts):
    """Whether a build is the version that a name like 3.14, 3.14t or 3.14.2 asks for; other names ask for none."""
    version = re.fullmatch(r"(\d+(?:\.\d+)*)(t?)", name)
    if version is None:
        return True
    same = f"{facts['version']}.".startswith(f"{version[1]}.")
    return same and facts["free_threaded"] == bool(version[2])


def candidates(name):
    """The paths under which a build of this name may lie, the likeliest first."""
    for command in (f"python{name}", name):
        path = shutil.which(command)
        if path:
            yield path
    if shutil.which("uv"):
        found = subprocess.run(
            ["uv", "python", "find", "--no-project", name], capture_output=True, text=True, check=False
        )
        if found.returncode == 0:
            yield found.stdout.strip()
    yield from _pyenv(name)


def everywhere():
    """The names of all distinct CPython versions on PATH and among pyenv's, oldest first."""
    pattern = re.compile(r"python(3\.\d+t?)")
    names = set()
    for folder in os.get_exec_path():
        if os.path.isdir(folder):
            names |= {m[1] for m in map(pattern.fullmatch, os.listdir(folder)) if m}
    for folder in _pyenv_versions():
        match = re.match(r"(3\.\d+)(?:\.\d+)?(t?)(?:-dev)?$", folder.name)
        if match:
            names.add(match[1] + match[2])
    minor = {name: int(name.rstrip("t").split(".")[1]) for name in names}
    return sorted((name for name in names if minor[name] >= OLDEST[1]), key=lambda name: (minor[name], name))


def _pyenv_versions():
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    return sorted((root / "versions").glob("*"), key=_natural, reverse=True)


def _pyenv(name):
    for folder in _pyenv_versions():
        version = folder.name.removesuffix("-dev")
        if version == name or (
            re.fullmatch(re.escape(name.rstrip("t")) + r"\.\d+(t?)", version)
            and version.endswith("t") == name.endswith("t")
        ):
            path = folder / "bin" / "python"
            if path.exists():
                yield str(path)


def _natural(path):
    return [int(part) if part.isdigit() else -1 for part in re.split(r"(\d+)", path.name)]


def _resolve(command):
    """A command as the absolute path of its executable and its options."""
    parts = [command] if isinstance(command, str) else list(command)
    if parts[0] == "current":
        return (sys.executable, *parts[1:])
    executable = shutil.which(os.path.expanduser(parts[0]))
    version = re.fullmatch(r"python(3\.\d+t?)", parts[0])
    if executable is None and version:
        executable = next(candidates(version[1]), None)
    if executable is None:
        in_one = " (its options go into a list: [python3, -X, dev])" if " " in parts[0] else ""
        raise BuildError(f"no executable {parts[0]!r} found{in_one}")
    return (os.path.abspath(executable), *parts[1:])


def _start(name, command, env, prober):
    rejected = None
    try:
        facts = prober(command, env)
    except ProbeError as error:
        if not env and len(command) == 1:
            raise
        facts = prober(command[:1], {})
        rejected = str(error)
    return Build(name or facts["label"], tuple(command), env, facts, rejected)


def choose(experiments, entries, prober):
    """The builds of each experiment: {experiment name: [Build]}, notes on those left out, and (path, mistake) pairs.

    experiments: of a checked config, each with its `pythons`; entries: the `pythons` of the top level, whose names the
    experiments may use.
    """
    known = {entry["name"]: entry for entry in _mappings(entries) if entry.get("command") and entry.get("name")}
    chosen, notes, mistakes, everyone = {}, [], [], {}
    for index, experiment in enumerate(experiments):
        own = chosen[experiment["name"]] = {}
        for number, entry in enumerate(_mappings(experiment["pythons"])):
            path = ["experiments", index, "pythons", number]
            try:
                build = find(known.get(entry.get("name"), entry), prober)
            except (BuildError, ProbeError) as error:
                if entry.get("optional"):
                    notes.append(f"build {entry.get('name') or entry['command']!r} left out: {error}")
                else:
                    mistakes.append((path, f"{error}. {_instead(entry, known)}or mark it optional: true."))
                continue
            first = everyone.setdefault(build.name, build)
            if first.is_same(build):
                own[build.name] = first
            elif not entry.get("optional"):
                mistakes.append((path, f"a second build {build.name!r}. Give each a name of its own."))
        if not own and not any(path[1] == index for path, _ in mistakes):
            text = f"all of these builds are optional, and none was found. {nearest('', ['current', *everywhere()])}"
            mistakes.append((["experiments", index, "pythons"], text))
    return {name: list(own.values()) for name, own in chosen.items()}, list(dict.fromkeys(notes)), mistakes


def _instead(entry, known):
    """What would be right in place of an entry that leads to no build."""
    if entry.get("command") or os.sep in entry["name"]:
        return "Give the path of a Python, "
    names = dict.fromkeys(["current", *known, *everywhere()])
    return f"{nearest(entry['name'], list(names))} Or give its path or command, "


def _mappings(entries):
    """The entries of `pythons` as mappings; auto stands for all that can be found."""
    if entries == "auto":
        return [{"name": name, "optional": True} for name in ["current", *everywhere()]]
    return [{"name": entry} if isinstance(entry, str) else entry for entry in entries]
