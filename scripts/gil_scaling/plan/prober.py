"""Probes Python builds, and caches the facts until the files of a build change."""

import json
import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gil_scaling.launch import environment
from gil_scaling.result_set import write_text

_PROBE_LIMIT_S = 30
OLDEST = (3, 9)


class ProbeError(Exception):
    """A build that cannot be started or probed; the message gives the reason."""


class Prober:
    """Probes builds; caches the facts in a file until the files of a build change."""

    def __init__(self, cache: str | Path) -> None:
        self.cache = Path(cache)
        self.known: dict[str, dict[str, Any]]
        try:
            self.known = json.loads(self.cache.read_text())
        except (OSError, ValueError):
            self.known = {}

    def __call__(self, command: Sequence[str], env: dict[str, str]) -> dict[str, Any]:
        """The facts of a build; raises ProbeError if it does not start."""
        key = json.dumps([list(command), env, _stamp(command[0])], sort_keys=True)
        facts = self.known.get(key)
        if facts is None or facts["stamps"] != _stamps(facts):
            facts = _probe(command, env)
            facts["stamps"] = _stamps(facts)
            self.known[key] = facts
            self.cache.parent.mkdir(parents=True, exist_ok=True)
            write_text(self.cache, json.dumps(self.known))
        return {name: value for name, value in facts.items() if name != "stamps"}


def _check_version(facts: dict[str, Any], command: Sequence[str]) -> dict[str, Any]:
    if tuple(map(int, facts["version"].split(".")[:2])) < OLDEST:
        raise ProbeError(f"{command[0]} is Python {facts['version']}; the oldest that can be measured is 3.9")
    return facts


def _stamps(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: path and _stamp(path) for name, path in facts["files"].items()}


def _stamp(path: str) -> list[Any] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return [os.path.realpath(path), status.st_mtime_ns, status.st_size]


def _probe(command: Sequence[str], env: dict[str, str]) -> dict[str, Any]:
    full = [*command, "-m", "gil_scaling.measure", "probe"]
    try:
        done = subprocess.run(
            full,
            cwd=environment.SCRIPTS,  # searched first by -m: the user's folder may contain a json.py
            env=environment.environment(env),
            capture_output=True,
            text=True,
            check=False,
            timeout=_PROBE_LIMIT_S,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode == 0:
            return _check_version(json.loads(done.stdout.strip().rpartition("\n")[2]), command)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise ProbeError(f"{shlex.join(command)} cannot be probed: {error}") from error
    reasons = [line for line in done.stderr.splitlines() if line.strip()] or ["no message"]
    errors = [line for line in reasons if "error" in line.lower()] or reasons
    raise ProbeError(f"{shlex.join(command)} does not start: {errors[0].strip()}")
