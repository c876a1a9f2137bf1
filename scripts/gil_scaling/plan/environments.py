"""Environments of builds with packages: each is made once, from a lock, and complete before it is used.

A plan needs the facts of its builds, and their packages are part of these. So a call that executes jobs makes what is missing
before it plans, while nothing is measured yet; a dry run, or one that only lists, makes nothing, and says what would be installed.
An environment that is complete is used without asking anybody: neither the network nor the installer.
"""

import contextlib
import os
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gil_scaling.launch.progress import write_line
from gil_scaling.plan import installers, orders, recovery, requirements
from gil_scaling.plan.builds import Build
from gil_scaling.plan.installers import Index, InstallError, NoWheelError
from gil_scaling.plan.prober import Prober
from gil_scaling.result_set import ENVIRONMENTS, LOCKS, write_text

_COMPLETE = "complete"  # in an environment: the file that is written last
_BUSY = ".lock"  # in the folder of environments: held by the call that makes one


@dataclass(frozen=True)
class Lock:
    """What is installed for a build; problem: why nothing can be, so that its runs are unsupported."""

    text: str
    problem: str | None


class Environments:
    """The environments of a result set.

    folder: of the result set; index: the key packages_index; makes: whether this call makes what is missing; relocks: whether it
    chooses all versions anew. notes: what a call that makes them would install; changes: what the new versions change.
    """

    def __init__(
        self, folder: Path, index: Mapping[str, Any], prober: Prober, *, makes: bool = False, relocks: bool = False
    ) -> None:
        self._folder, self._prober = folder, prober
        self._makes, self._relocks = makes, relocks
        links = index.get("find_links", [])
        paths = [links] if isinstance(links, str) else links
        self._index = Index(
            tuple(os.path.abspath(os.path.expanduser(path)) for path in paths), bool(index.get("offline"))
        )
        self.notes: list[str] = []
        self.changes: list[str] = []

    def equip(self, build: Build, wanted: Sequence[str]) -> Build:
        """The build with the packages that satisfy some requirements, and no others; raises InstallError.

        Where a package has no wheel for it, a build whose runs are unsupported; where nothing is made now, one without packages.
        """
        wanted = sorted(set(wanted))
        build = replace(build, facts={**build.facts, "packages": {}, "package_folders": [], "requires": wanted})
        if build.rejected:
            return build
        index = replace(self._index, allow_source=build.allow_source)
        lock = self._find_lock(build, wanted, index)
        if lock is None:
            return self._postpone(build, wanted)
        if lock.problem:
            return replace(build, rejected=lock.problem)
        folder = (
            self._folder
            / ENVIRONMENTS
            / orders.digest([build.fingerprint, os.path.realpath(build.command[0]), lock.text])
        )
        if not (folder / _COMPLETE).exists():
            if not self._makes:
                return self._postpone(build, wanted)
            self._make(build, folder, lock, index)
        return self._probe(build, folder, wanted)

    def _postpone(self, build: Build, wanted: Sequence[str]) -> Build:
        self.notes.append(f"build {build.name!r}: would install {', '.join(wanted)}")
        return build

    def _probe(self, build: Build, folder: Path, wanted: Sequence[str]) -> Build:
        """The build whose executable is that of an environment, with its facts."""
        command = (installers.python_of(folder), *build.options)
        facts = self._prober(command, build.env)
        names = {requirements.project(text) for text in wanted} & facts["packages"].keys()  # some are for other builds
        imports = self._prober.imports(command, build.env, sorted(names))
        facts |= {"requires": list(wanted), "imports": imports}
        return replace(build, command=command, facts=facts, environment=folder.name)

    # ---- locks

    def _find_lock(self, build: Build, wanted: Sequence[str], index: Index) -> Lock | None:
        """The lock of a build, chosen now if it is missing, or is to be chosen anew; None where nothing is made now."""
        head = _head(build, wanted, index)
        kept = self._read_lock(build.name, head)
        if not self._makes or (kept and not self._relocks):
            return kept
        write_line(f"{build.name}: choosing versions of {', '.join(wanted)}")
        installer, python = installers.choose(), build.command[0]
        try:
            lock = Lock(head + installer.lock(python, wanted, index), None)
        except NoWheelError as error:
            lock = Lock(f"{head}{_PROBLEM}{error}\n", str(error))
        if self._relocks:
            self.changes += describe_changes(build.name, kept.text if kept else "", lock.text)
        self._keep_lock(build.name, lock.text)
        return lock

    def _read_lock(self, name: str, head: str) -> Lock | None:
        """The lock of a build that begins with this head: the last one used, or one that other requirements have replaced."""
        for path in (self._lock_path(name), self._aside(name, head)):
            text = path.read_text(encoding="utf-8") if path.exists() else ""
            if text.startswith(head):
                if self._makes and path != self._lock_path(name):
                    self._keep_lock(name, text)
                problems = [line.removeprefix(_PROBLEM) for line in text.splitlines() if line.startswith(_PROBLEM)]
                return Lock(text, problems[0] if problems else None)
        return None

    def _keep_lock(self, name: str, text: str) -> None:
        """Writes a lock under the name of its build; one with other requirements stays beside it, for the sweep that has them."""
        path = self._lock_path(name)
        if path.exists():
            before = path.read_text(encoding="utf-8")
            if _head_of(before) != _head_of(text):
                write_text(self._aside(name, _head_of(before)), before)
        self._aside(name, _head_of(text)).unlink(missing_ok=True)
        write_text(path, text)

    def _lock_path(self, name: str) -> Path:
        return self._folder / LOCKS / f"{name}.txt"

    def _aside(self, name: str, head: str) -> Path:
        return self._folder / LOCKS / f"{name}-{orders.digest(head)}.txt"

    # ---- environments

    def _make(self, build: Build, folder: Path, lock: Lock, index: Index) -> None:
        """Makes an environment, unless another call has made it meanwhile; removes what an interrupted call has left of it."""
        with self._alone() as descriptor:
            if (folder / _COMPLETE).exists():
                return
            write_line(f"{build.name}: installing {', '.join(_versions(lock.text).values()) or 'no packages'}")
            _remove(folder)
            try:
                installers.choose().install(build.command[0], folder, lock.text, index, descriptor)
                write_text(folder / _COMPLETE, lock.text)
            except OSError as error:
                _remove(folder)
                raise InstallError(f"{folder}: {error.strerror}") from error
            except BaseException:
                _remove(folder)
                raise

    @contextlib.contextmanager
    def _alone(self) -> Iterator[int]:
        """Waits until no other call makes an environment here, and keeps others from it; the descriptor of the lock."""
        folder = self._folder / ENVIRONMENTS
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / _BUSY, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            if not recovery.flock(descriptor, wait=False):
                write_line(f"waiting: another call is installing packages in {folder}")
                recovery.flock(descriptor, wait=True)
            yield descriptor
        finally:
            os.close(descriptor)


_PROBLEM = "# not possible: "


def _head(build: Build, wanted: Sequence[str], index: Index) -> str:
    """The beginning of a lock: what it was chosen for."""
    lines = [
        f"# The packages of the build {build.name}, used as they are until `snakemake relock` chooses them anew, for",
        f"# Python {build.facts['label']} on {sys.platform}-{platform.machine()}{', from source' if index.allow_source else ''}:",
        *(f"#   {text}" for text in wanted),
    ]
    return "\n".join(lines) + "\n"


def _head_of(text: str) -> str:
    """The head of a lock."""
    lines = text.splitlines(keepends=True)
    is_head = [line.startswith("#") and not line.startswith(_PROBLEM) for line in lines]
    return "".join(lines[: [*is_head, False].index(False)])


def _versions(lock: str) -> dict[str, str]:
    """{name: `name version`} of what a lock installs."""
    pinned = (line.split()[0].partition("==") for line in lock.splitlines() if "==" in line and line[0] not in "# ")
    return {name: f"{name} {version.partition(';')[0]}" for name, _, version in pinned}


def describe_changes(build: str, before: str, after: str) -> list[str]:
    """What a new lock of a build changes: `3.14: numpy 2.4.0 → 2.4.1`, a line per package."""
    old, new = _versions(before), _versions(after)
    changed = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
    texts = [f"{old.get(name, f'{name} –')} → {new[name].split()[1] if name in new else '–'}" for name in changed]
    return [f"{build}: {text}" for text in texts] or [f"{build}: its packages are the same"]


def _remove(folder: Path) -> None:
    """Removes what is left of an environment; raises InstallError where that cannot be."""
    if folder.exists():
        (folder / _COMPLETE).unlink(missing_ok=True)  # first: it must not count as complete meanwhile
        shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        raise InstallError(f"{folder}: cannot be removed")
