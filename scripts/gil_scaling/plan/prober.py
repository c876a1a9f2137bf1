"""Probes Python builds, and caches the facts until the files or packages of a build, or what probes them, change."""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

import msgspec

from gil_scaling.launch import environment
from gil_scaling.plan import orders
from gil_scaling.plan.recovery import read_json
from gil_scaling.result_set import write_text
from gil_scaling.text import printable, scrub

_PROBE_LIMIT_S = 30
_IMPORT_LIMIT_S = 120
_PROBING = Path(environment.SCRIPTS, "gil_scaling/measure")
OLDEST = (3, 9)
_VERSION = "import sys; sys.stdout.write('%d.%d.%d' % sys.version_info[:3])"  # in all versions of Python


class ProbeError(Exception):
    """A build that cannot be started or probed; the message gives the reason."""


class _Facts(TypedDict):
    """What `python -m gil_scaling.measure probe` prints, as far as the plan depends on it."""

    label: str
    version: str
    version_text: str
    implementation: str
    configure_arguments: list[str]
    free_threaded: bool
    gil: bool
    default_switch_interval_s: float
    digests: dict[str, str | None]
    files: dict[str, str | None]
    packages: dict[str, dict[str, Any]]
    package_folders: list[str]


class Prober:
    """Probes builds; caches the facts in a file until the files or packages of a build, or what probes them, change."""

    def __init__(self, cache: str | Path) -> None:
        self.cache = Path(cache)
        self.known: dict[str, dict[str, Any]] = read_json(self.cache, {})
        self._program = orders.digest([_stamp(str(path)) for path in sorted(_PROBING.glob("*.py"))])

    def __call__(self, command: Sequence[str], env: dict[str, str]) -> dict[str, Any]:
        """The facts of a build; raises ProbeError if it does not start."""
        key = self._key(command, env)
        facts = self.known.get(key)
        if facts is None or facts["stamps"] != _stamps(facts):
            facts = _probe(command, env)
            facts["stamps"] = _stamps(facts)
            self.known[key] = facts
            write_text(self.cache, json.dumps(self.known))
        return {name: value for name, value in facts.items() if name != "stamps"}

    def imports(self, command: Sequence[str], env: dict[str, str], names: Sequence[str]) -> dict[str, dict[str, Any]]:
        """{name: what importing an installed package does, as measure.imports describes it}, each in a fresh process of a build."""
        key = self._key(command, env, "imports")
        known = self.known.setdefault(key, {})
        missing = [name for name in names if name not in known]
        for name in missing:
            known[name] = _import(command, env, name)
        if missing:
            write_text(self.cache, json.dumps(self.known))
        return {name: known[name] for name in names}

    def _key(self, command: Sequence[str], env: dict[str, str], *kind: str) -> str:
        return json.dumps([list(command), env, _stamp(command[0]), self._program, *kind], sort_keys=True)


def _stamps(facts: Mapping[str, Any]) -> dict[str, Any]:
    packages = [_stamp(path) for path in facts.get("package_folders", [])]
    return {**{name: path and _stamp(path) for name, path in facts["files"].items()}, "packages": packages}


def _stamp(path: str) -> list[Any] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return [os.path.realpath(path), status.st_mtime_ns, status.st_size]


def _probe(command: Sequence[str], env: dict[str, str]) -> dict[str, Any]:
    done = _run([*command, "-m", "gil_scaling.measure", "probe"], env)
    version = _version(done.stdout) if done.returncode == 0 else _run([command[0], "-c", _VERSION], {}).stdout
    if re.fullmatch(r"\d+\.\d+\.\d+", version) and tuple(map(int, version.split(".")[:2])) < OLDEST:
        raise ProbeError(f"{command[0]} is Python {version}; the oldest that can be measured is 3.9")
    if done.returncode:
        reasons = [line for line in done.stderr.splitlines() if line.strip()] or ["no message"]
        errors = [line for line in reasons if "error" in line.lower()] or reasons
        raise ProbeError(f"{shlex.join(command)} does not start: {errors[0].strip()}")
    if not version:
        raise ProbeError(f"{shlex.join(command)} is not a Python that can be measured: it does not say what it is")
    facts: dict[str, Any] = json.loads(_last_line(done.stdout))
    return facts


def _import(command: Sequence[str], env: dict[str, str], name: str) -> dict[str, Any]:
    """What importing a package does; of an import that ends or outlasts its process, only an error."""
    try:
        done = _run([*command, "-m", "gil_scaling.measure", "import", name], env, _IMPORT_LIMIT_S)
        described: dict[str, Any] = json.loads(_last_line(done.stdout))
    except ProbeError as error:
        described = {"error": str(error)}
    except ValueError:
        described = {"error": f"the process ends with status {done.returncode}: {_last_line(done.stderr)}"}
    problem = described["error"]
    return {**described, "error": problem and printable(scrub(problem))}


def _run(
    command: Sequence[str], env: dict[str, str], limit_s: float = _PROBE_LIMIT_S
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            cwd=environment.SCRIPTS,  # searched first by -m: the user's folder may contain a json.py
            env=environment.environment(env),
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=limit_s,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise ProbeError(f"{shlex.join(command)} cannot be probed: {error}") from error


def _version(output: str) -> str:
    """The version that the facts in an output name; empty where these are not the facts of a Python."""
    try:
        return msgspec.json.decode(_last_line(output), type=_Facts)["version"]
    except (msgspec.DecodeError, ValueError):
        return ""


def _last_line(output: str) -> str:
    return output.strip().rpartition("\n")[2]
