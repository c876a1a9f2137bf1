"""Finds the Python builds that a config names and asks each what it is."""

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from scripts import child
from scripts.record import write_text

_PROBE_LIMIT_S = 30
_OLDEST = (3, 9)


class BuildError(Exception):
    """A build that cannot be found or started; the message says what was tried."""


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

    def describe(self):
        """What pythons/<name>.json holds: the facts, without the paths of this machine."""
        facts = {key: value for key, value in self.facts.items() if key != "files"}
        own = {"name": self.name, "options": self.options, "env": self.env, "fingerprint": self.fingerprint}
        return {**facts, **own, "rejected": self.rejected}


def find(entry, prober):
    """The build that an entry of `pythons` means.

    entry: {"name", "command", "env"}; name or command may be None. Raises BuildError.
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
        except BuildError as error:
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
    return sorted((name for name in names if minor[name] >= _OLDEST[1]), key=lambda name: (minor[name], name))


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
    executable = shutil.which(os.path.expanduser(parts[0]))
    if executable is None:
        raise BuildError(f"no executable {parts[0]!r} found")
    return (os.path.abspath(executable), *parts[1:])


def _start(name, command, env, prober):
    rejected = None
    try:
        facts = prober(command, env)
    except BuildError as error:
        if not env and len(command) == 1:
            raise
        facts = prober(command[:1], {})
        rejected = str(error)
    return Build(name or facts["label"], tuple(command), env, facts, rejected)


class Prober:
    """Asks a build what it is; the answer is kept in a file for as long as the build's own files stay the same."""

    def __init__(self, cache):
        self.cache = Path(cache)
        try:
            self.known = json.loads(self.cache.read_text())
        except (OSError, ValueError):
            self.known = {}

    def __call__(self, command, env):
        """The facts of a build; raises BuildError where it does not start."""
        key = json.dumps([list(command), env, _stamp(command[0])], sort_keys=True)
        facts = self.known.get(key)
        if facts is None or facts["stamps"] != _stamps(facts):
            facts = _probe(command, env)
            facts["stamps"] = _stamps(facts)
            self.known[key] = facts
            self.cache.parent.mkdir(parents=True, exist_ok=True)
            write_text(self.cache, json.dumps(self.known))
        return {name: value for name, value in facts.items() if name != "stamps"}


def _not_too_old(facts, command):
    if tuple(map(int, facts["version"].split(".")[:2])) < _OLDEST:
        raise BuildError(f"{command[0]} is Python {facts['version']}; the oldest that can be measured is 3.9")
    return facts


def _stamps(facts):
    return {name: path and _stamp(path) for name, path in facts["files"].items()}


def _stamp(path):
    try:
        status = os.stat(path)
    except OSError:
        return None
    return [os.path.realpath(path), status.st_mtime_ns, status.st_size]


def _probe(command, env):
    full = [*command, "-m", "scripts.measure", "probe"]
    try:
        done = subprocess.run(
            full,
            env=child.environment(env),
            capture_output=True,
            text=True,
            check=False,
            timeout=_PROBE_LIMIT_S,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode == 0:
            return _not_too_old(json.loads(done.stdout.strip().rpartition("\n")[2]), command)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise BuildError(f"{shlex.join(command)} cannot be asked what it is: {error}") from error
    reasons = [line for line in done.stderr.splitlines() if line.strip()] or ["no message"]
    telling = [line for line in reasons if "error" in line.lower()] or reasons
    raise BuildError(f"{shlex.join(command)} does not start: {telling[0].strip()}")
