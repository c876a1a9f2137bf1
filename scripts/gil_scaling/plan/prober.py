"""Asks a Python build what it is, and keeps the answer for as long as the build's files stay the same."""

import json
import os
import shlex
import subprocess
from pathlib import Path

from gil_scaling.launch import environment
from gil_scaling.result_set import write_text

_PROBE_LIMIT_S = 30
OLDEST = (3, 9)


class ProbeError(Exception):
    """A build that cannot be started or asked; the message says why."""


class Prober:
    """Asks a build what it is; the answer is kept in a file for as long as the build's own files stay the same."""

    def __init__(self, cache):
        self.cache = Path(cache)
        try:
            self.known = json.loads(self.cache.read_text())
        except (OSError, ValueError):
            self.known = {}

    def __call__(self, command, env):
        """The facts of a build; raises ProbeError where it does not start."""
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
    if tuple(map(int, facts["version"].split(".")[:2])) < OLDEST:
        raise ProbeError(f"{command[0]} is Python {facts['version']}; the oldest that can be measured is 3.9")
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
    full = [*command, "-m", "gil_scaling.measure", "probe"]
    try:
        done = subprocess.run(
            full,
            cwd=environment.SCRIPTS,  # -m looks for modules there first: not in the user's folder, which may hold a json.py
            env=environment.environment(env),
            capture_output=True,
            text=True,
            check=False,
            timeout=_PROBE_LIMIT_S,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode == 0:
            return _not_too_old(json.loads(done.stdout.strip().rpartition("\n")[2]), command)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise ProbeError(f"{shlex.join(command)} cannot be asked what it is: {error}") from error
    reasons = [line for line in done.stderr.splitlines() if line.strip()] or ["no message"]
    telling = [line for line in reasons if "error" in line.lower()] or reasons
    raise ProbeError(f"{shlex.join(command)} does not start: {telling[0].strip()}")
