"""Chooses and installs packages, by uv or, where it is missing, by pip: versions with hashes, and environments of them.

Where the packages come from is what the user's own settings of uv or pip say, and the key packages_index.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

# Runs the pip of ensurepip's wheel, which lies elsewhere where a distribution says so: to install it in an environment, and to
# remove it in the end, would take most of the time of a small one.
_RUN_PIP = """
import glob, runpy, sys, sysconfig
try:
    import ensurepip
except ImportError as error:
    sys.exit(f"ERROR: this Python has no pip for its environments: {error}")
folder = sysconfig.get_config_var("WHEEL_PKG_DIR") or f"{ensurepip.__path__[0]}/_bundled"
wheels = glob.glob(f"{folder}/pip-*.whl")
if not wheels:
    sys.exit(f"ERROR: this Python has no pip for its environments: no wheel in {folder}")
sys.path.insert(0, max(wheels))
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""
_SHOWN = 300  # characters of an output that no sentence is found in
# Of the user's variables, those that would have another environment changed than ours
_NOT_INHERITED = (
    *("VIRTUAL_ENV", "CONDA_PREFIX", "UV_PYTHON", "UV_SYSTEM_PYTHON", "UV_PROJECT_ENVIRONMENT"),
    *("PIP_TARGET", "PIP_PREFIX", "PIP_USER", "PIP_REQUIRE_VIRTUALENV"),
)
_UV_OFFLINE, _PIP_OFFLINE = "--offline", "--no-index"
_SETTINGS = {
    "UV_PYTHON_DOWNLOADS": "never",
    "UV_NO_PROGRESS": "1",
    "NO_COLOR": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}


class InstallError(Exception):
    """Packages cannot be had now: no network, a full disk; the message is one sentence."""


class RequirementError(InstallError):
    """No versions of packages satisfy the requirements, whatever the build; the message is the resolver's sentence."""


class NoWheelError(InstallError):
    """A package has no wheel for a build; the message is the resolver's sentence."""


@dataclass(frozen=True)
class Index:
    """Where packages come from, besides the user's own settings.

    find_links: folders of wheels; offline: whether nothing else may be asked; allow_source: whether packages may be compiled.
    """

    find_links: tuple[str, ...] = ()
    offline: bool = False
    allow_source: bool = False


class Installer(Protocol):
    """What uv and pip have in common."""

    def lock(self, python: str, requirements: Sequence[str], index: Index) -> str:
        """The packages that satisfy requirements on a Python, in the form of requirements with hashes; raises InstallError."""

    def install(self, python: str, folder: Path, lock: str, index: Index, descriptor: int) -> None:
        """Makes an environment of a Python in a folder, with what a lock says; raises InstallError.

        descriptor: stays open as long as anything is being installed, also if this process is killed.
        """


def choose() -> Installer:
    """uv, from PATH or from the variable UV, which uv sets for what it runs; else pip."""
    uv = shutil.which("uv") or os.environ.get("UV")
    return Uv(uv) if uv else Pip()


def python_of(folder: Path) -> str:
    """The Python of an environment."""
    return str(folder.absolute() / "bin" / "python")


class Uv:
    """Installs by uv."""

    def __init__(self, path: str) -> None:
        self._path = path

    def lock(self, python: str, requirements: Sequence[str], index: Index) -> str:
        """As Installer says."""
        form = ["--no-header", "--no-annotate", "--generate-hashes"]
        command = [self._path, "pip", "compile", "--python", python, *form, *_options(index, _UV_OFFLINE), "-"]
        return _run(command, _explain_uv, text="\n".join(requirements))

    def install(self, python: str, folder: Path, lock: str, index: Index, descriptor: int) -> None:
        """As Installer says. What its cache has is not asked for again."""
        _run([self._path, "venv", "--no-project", "--python", python, str(folder.absolute())], _explain_uv, descriptor)
        sync = [self._path, "pip", "sync", "--python", python_of(folder), "--require-hashes", "--compile-bytecode"]
        sync += ["--allow-empty-requirements", "-"]
        try:
            _run([*sync, *_options(replace(index, offline=True), _UV_OFFLINE)], _explain_uv, descriptor, lock)
        except InstallError:
            if index.offline:
                raise
            _run([*sync, *_options(index, _UV_OFFLINE)], _explain_uv, descriptor, lock)


class Pip:
    """Installs by the pip that a build brings for its environments, which runs from its wheel and does not stay in them."""

    def lock(self, python: str, requirements: Sequence[str], index: Index) -> str:
        """As Installer says."""
        with TemporaryDirectory(prefix="gil-scaling-") as name:
            folder = Path(name, "environment")
            _make_venv(python, folder)
            Path(name, "requirements.txt").write_text("\n".join(requirements), encoding="utf-8")
            ask = ["install", "--dry-run", "--ignore-installed", "--report", f"{name}/report.json"]
            options = [*_options(index, _PIP_OFFLINE), "-r", f"{name}/requirements.txt"]
            command = [python_of(folder), "-c", _RUN_PIP, *ask, *options]
            try:
                _run(command, _explain_pip)
            except RequirementError:
                _run([*command, "-vv"], _explain_all_of_pip)
            report = json.loads(Path(name, "report.json").read_text(encoding="utf-8"))
        lines = [
            f"{each['metadata']['name'].lower()}=={each['metadata']['version']} \\\n"
            f"    --hash=sha256:{each['download_info']['archive_info']['hashes']['sha256']}\n"
            for each in report["install"]
        ]
        return "".join(sorted(lines))

    def install(self, python: str, folder: Path, lock: str, index: Index, descriptor: int) -> None:
        """As Installer says."""
        _make_venv(python, folder, descriptor)
        with TemporaryDirectory(prefix="gil-scaling-") as name:
            path = Path(name, "lock.txt")
            path.write_text(lock, encoding="utf-8")
            options = ["--no-deps", "--require-hashes", *_options(index, _PIP_OFFLINE), "-r", str(path)]
            _run([python_of(folder), "-c", _RUN_PIP, "install", *options], _explain_pip, descriptor)


def _make_venv(python: str, folder: Path, descriptor: int | None = None) -> None:
    _run([python, "-m", "venv", "--without-pip", str(folder.absolute())], _explain_pip, descriptor)


def _options(index: Index, offline: str) -> list[str]:
    """What an index means for an installer; offline: the option with which it asks nobody else."""
    links = [part for folder in index.find_links for part in ("--find-links", folder)]
    return [
        *links,
        *([offline] if index.offline else []),
        *([] if index.allow_source else ["--only-binary", ":all:"]),
    ]


def _run(
    command: Sequence[str], explain: Callable[[str], InstallError], descriptor: int | None = None, text: str = ""
) -> str:
    """Runs a command of an installer; returns what it writes to stdout. Raises InstallError.

    It works in an empty folder: uv would apply the settings of a project around it.
    """
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in _NOT_INHERITED and not name.startswith("PYTHON")
    }
    with TemporaryDirectory(prefix="gil-scaling-") as folder:
        try:
            done = subprocess.run(
                command,
                input=text,
                cwd=folder,
                env={**inherited, **_SETTINGS},
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                check=False,
                pass_fds=() if descriptor is None else (descriptor,),
            )
        except OSError as error:
            raise InstallError(f"{command[0]} cannot be started: {error.strerror}") from error
    if done.returncode:
        raise explain(f"{done.stdout}\n{done.stderr}")
    return done.stdout


_NO_WHEEL = re.compile(r"no (usable )?wheels|wheels? with a matching|does not satisfy Python")
_NO_NETWORK = re.compile(
    r"Failed to fetch|[Nn]etwork (was|connectivity is) disabled|error sending request|dns error|Connection|Retrying|timed out"
)


def _explain_uv(output: str) -> InstallError:
    """What a failure of uv means."""
    resolution = re.search(r"No solution found.*?(?:╰─▶|cause:) (.*?)(?:\n\s*\n|\Z)", output, re.DOTALL)
    causes = re.findall(r"(?:error|cause|Caused by): (.*)|[×╰├]─?▶? (.*)", output)
    sentence = resolution[1] if resolution else ": ".join(first or second for first, second in causes[:2])
    return _classify(output, sentence or output[:_SHOWN], is_refused=bool(resolution))


def _explain_pip(output: str) -> InstallError:
    """What a failure of pip means."""
    errors = re.findall(r"(?:ERROR|error): (?!Ignored )(.*)", output)
    sentence = re.sub(r" \(from versions: [^)]*\)", "", errors[0] if errors else output[:_SHOWN])
    is_refused = bool(re.search(r"No matching distribution|conflicting dependencies|ResolutionImpossible", output))
    return _classify(output, sentence, is_refused=is_refused)


def _explain_all_of_pip(output: str) -> InstallError:
    """What a failure of pip with -vv means, which names what it did not consider: a version that only lacks a wheel?"""
    error = _explain_pip(re.sub(r"(?m)^ .*\n", "", output))
    wanted = re.search(r"satisfies the requirement (\S+)", str(error))
    skipped = re.findall(
        r"Skipping link: (?:none of the wheel's tags|No sources|Link requires).*?([^/ ]+)\.(?:whl|tar\.gz)\b", output
    )
    if not isinstance(error, RequirementError) or wanted is None:
        return error
    requirement = Requirement(wanted[1])
    versions = (
        name.split("-")[1]
        for name in skipped
        if canonicalize_name(name.split("-")[0]) == canonicalize_name(requirement.name)
    )
    if any(requirement.specifier.contains(version) for version in versions if _is_version(version)):
        return NoWheelError(f"{requirement} has no wheel for this Python")
    return error


def _is_version(text: str) -> bool:
    try:
        return bool(Version(text))
    except InvalidVersion:
        return False


def _classify(output: str, sentence: str, *, is_refused: bool) -> InstallError:
    """The error that an output stands for, with its main sentence; is_refused: whether requirements cannot be satisfied."""
    text = re.sub(r"https?://\S*[^\s`'\".,:;)]", "the package index", " ".join(sentence.split())).rstrip(". ")
    if "No space left on device" in output:
        return InstallError("the disk is full")
    if _NO_NETWORK.search(output):
        return InstallError(f"packages cannot be fetched: {text}")
    if is_refused and _NO_WHEEL.search(output):
        without = re.search(r"(?:Because|and) (?:only )?(\S+) has no (?:usable )?wheels", text)
        return NoWheelError(f"{without[1]} has no wheel for this Python" if without else text)
    return RequirementError(text) if is_refused else InstallError(text)
