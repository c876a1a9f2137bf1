"""Reads the files beside the records, also those of other people: plans, facts of machines and builds, configs."""

from __future__ import annotations

import atexit
import gc
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
import yaml

from gil_scaling.result_set import LOOKS, read_bytes
from gil_scaling.stopping import FIRST_LOOK, look_rounds
from gil_scaling.text import printable
from gil_scaling.value_types import MAX_NUMBER, RecordError, check_json

MAX_BYTES = 2**20  # of the facts of a machine or build, and of a config
_MAX_PLAN_BYTES = 100 * 2**20
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
_BUILD_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._+ -]{0,58}[A-Za-z0-9._+-])?"
_OF_PACKAGES = "-[0-9a-f]{16}"  # after the name of a build, in that of its file: the digest of its packages

Name = Annotated[str, msgspec.Meta(pattern=rf"^{NAME.pattern}\Z")]
BuildName = Annotated[str, msgspec.Meta(pattern=rf"^{_BUILD_NAME}\Z")]
Text = Annotated[str, msgspec.Meta(max_length=10_000)]
ShortText = Annotated[str, msgspec.Meta(max_length=60)]
Number = Annotated[int, msgspec.Meta(ge=0, le=MAX_NUMBER)] | Annotated[float, msgspec.Meta(ge=0, le=MAX_NUMBER)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=MAX_NUMBER)]
T = TypeVar("T")


class DocumentError(Exception):
    """A file that cannot be used as a whole; the message says why."""


class Use(msgspec.Struct, frozen=True):
    """Where a run is used: in which experiment, in which role, against which reference build."""

    experiment: Name
    role: Literal["asked", "baseline", "ceiling", "control"]
    reference: BuildName
    is_ceiling: bool


class PlannedRun(msgspec.Struct, frozen=True):
    """A run of a plan, and what its record does not hold: facts of its workload and of its backend.

    round, of: its round and the digest of its combination, in plans with `until`.
    """

    run: Annotated[str, msgspec.Meta(pattern=r"^[^/\x00]{1,250}\Z")]
    waits: bool
    uses: Annotated[list[Use], msgspec.Meta(min_length=1)]
    no_speedup: bool = False
    sharing: ShortText | None = None
    better: dict[Text, Literal["lower", "higher"]] = {}
    counterpart: Text | None = None
    backend_kind: Literal["sequential", "threads", "processes", "interpreters", "coroutines"] = "threads"
    round: int = 0
    of: Text = ""


class Until(msgspec.Struct, frozen=True):
    """When the rounds of a combination end: see stopping."""

    half_width: Annotated[float, msgspec.Meta(gt=0, lt=1)]
    max_rounds: Annotated[int, msgspec.Meta(ge=FIRST_LOOK, le=100_000)]


class Look(msgspec.Struct, frozen=True):
    """The combinations that stop after a round, and why: {experiment: {combination: reason}}."""

    stopped: dict[Text, dict[Text, Literal["claim", "half_width", "max_rounds", "failed", "not needed"]]]


class Size(msgspec.Struct, frozen=True):
    """A size that was `auto` in the config, as calibrated on a build."""

    parameter: Text
    value: Number
    workload: Text
    python: Text
    seconds: Number


class Plan(msgspec.Struct, frozen=True):
    """What a sweep consists of.

    until: {experiment: its key `until`} of those that have it; reasons: {experiment: {combination: why it stopped}}.
    """

    machine: Name
    sweep: Name
    builds: list[Annotated[str, msgspec.Meta(pattern=rf"^pythons/{_BUILD_NAME}(?:{_OF_PACKAGES})?\.json\Z")]]
    experiments: list[Name]
    noise_sweep: Name
    runs: Annotated[list[PlannedRun], msgspec.Meta(min_length=1)]
    sizes: list[Size] = []
    snippets: dict[Text, Text] = {}  # {backend: how it is written by hand}
    until: dict[Name, Until] = {}
    reasons: dict[Text, dict[Text, str]] = {}


class Jit(msgspec.Struct, frozen=True):
    """Whether a build has a JIT, and whether it is on."""

    available: bool | None
    enabled: bool | None


class Import(msgspec.Struct, frozen=True):
    """What importing a package does to its process, as measure.imports describes it; seconds: None where it fails."""

    seconds: Seconds | None = None
    error: Text | None = None
    gil_enabled: bool = False
    gil_modules: list[Text] = []
    threads: Number = 0
    thread_libraries: dict[Text, Text] | None = None


class Package(msgspec.Struct, frozen=True):
    """An installed package; digest: of the files to import, None where they are not recorded."""

    version: Text
    digest: Text | None = None
    editable: bool = False


class Build(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of a build, as its probe found them."""

    name: BuildName
    implementation: Text
    version: Text
    compiler: Text
    gil: bool
    free_threaded: bool
    pgo: bool
    lto: bool
    jit: Jit
    fingerprint: Text = ""
    options: list[Text] = []
    configure_arguments: list[Text] = []
    env: dict[Text, Text] = {}
    packages: dict[Text, Package] = {}  # {name: facts}; empty in result sets of before they were recorded
    requires: list[Text] = []  # the requirements that its environment was made for; empty for a build without one
    imports: dict[Text, Import] = {}  # {name: facts} of the packages that these name
    rejected: Text | None = None  # why its runs are unsupported

    @property
    def package_versions(self) -> dict[str, str]:
        """{name: version} of the installed packages."""
        return {name: package.version for name, package in self.packages.items()}


Builds = Mapping[tuple[str, str], Build]  # {(label of the machine, name): facts}


class _Machine(msgspec.Struct):
    usable_cpus: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    physical_cpus: Annotated[int, msgspec.Meta(ge=1, le=100_000)] | None = None


class _Experiment(msgspec.Struct):
    name: Text


class _Config(msgspec.Struct):
    experiments: list[_Experiment] = []


@contextmanager
def exit_on_error() -> Iterator[None]:
    """End the program with the message, and without a traceback, where a file cannot be used; and without a search for garbage.

    That would go through all that was imported: a sixth of the CPU time of the tables.
    """
    atexit.register(gc.freeze)
    try:
        yield
    except DocumentError as error:
        raise SystemExit(str(error)) from None


def read_plan(path: Path, look: int | None = None) -> Plan:
    """The plan of a sweep, without the runs that its looks left out; raises DocumentError.

    look: as it is before the look after that round; None: at the end.
    """
    plan = _decode(path, Plan, _MAX_PLAN_BYTES)
    if len({planned.run for planned in plan.runs}) < len(plan.runs):
        raise DocumentError(f"{path}: names a run twice")
    return _without_stopped(path, plan, look) if plan.until else plan


def _without_stopped(path: Path, plan: Plan, look: int | None) -> Plan:
    """A plan with `until` and only the uses of runs that are measured; look: as in read_plan."""
    last: dict[tuple[str, str], int] = {}  # {(experiment, combination): its last round}
    reasons: dict[str, dict[str, str]] = {}
    for number in sorted({each for until in plan.until.values() for each in look_rounds(until.max_rounds)}):
        file = path.parent / LOOKS / f"{number}.json"
        if number == look or not file.exists():
            break
        for experiment, stopped in _decode(file, Look, _MAX_PLAN_BYTES).stopped.items():
            reasons[experiment] = {**stopped, **reasons.get(experiment, {})}
            last = {**{(experiment, combination): number for combination in stopped}, **last}

    def is_measured(use: Use, planned: PlannedRun) -> bool:
        decided = number if use.experiment in plan.until else look or planned.round
        return planned.round <= last.get((use.experiment, planned.of), decided)

    kept = [(planned, [use for use in planned.uses if is_measured(use, planned)]) for planned in plan.runs]
    runs = [msgspec.structs.replace(planned, uses=uses) for planned, uses in kept if uses]
    return msgspec.structs.replace(plan, runs=runs, reasons=reasons)


def read_machine(path: Path) -> dict[str, Any]:
    """All facts of a machine.json, among them usable_cpus, and physical_cpus where known; raises DocumentError."""
    text = read_document(path)
    _parse(path, text, _Machine)
    facts: dict[str, Any] = _checked(path, json.loads(text))
    return facts


def read_build(path: Path) -> Build:
    """The facts of a file of pythons/; raises DocumentError, also where they are another build's."""
    build = _decode(path, Build, MAX_BYTES)
    if not re.fullmatch(f"{re.escape(build.name)}(?:{_OF_PACKAGES})?", path.stem):
        raise DocumentError(f"{path}: describes the build {build.name!r}")
    return build


class _Loader(yaml.SafeLoader):
    """Reads YAML without aliases: a few lines of them may stand for billions of values."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise DocumentError("contains aliases")
        return super().compose_node(parent, index)


_YAML_ERRORS = (  # what its reader raises, also for tags that do not fit their values
    yaml.YAMLError,
    *(ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError),
)


def read_config(path: Path) -> dict[str, Any]:
    """The mapping in a config.yaml; raises DocumentError."""
    text = read_document(path)
    try:
        found = yaml.load(text, _Loader)
        json.dumps(found, default=str)  # dates and lists are no keys
    except DocumentError as error:
        raise DocumentError(f"{path}: {error}") from None
    except _YAML_ERRORS:
        raise DocumentError(f"{path}: is not valid YAML") from None
    if not isinstance(found, dict):
        raise DocumentError(f"{path}: must be a mapping of keys to values")
    try:
        msgspec.convert(found, _Config)
    except msgspec.ValidationError as error:
        raise DocumentError(f"{path}: {printable(str(error)):.200}") from None
    checked: dict[str, Any] = _checked(path, found)
    return checked


def read_document(path: Path, max_bytes: int = MAX_BYTES) -> str:
    """The text of a file; raises DocumentError where it is too large, not text, or cannot be read."""
    try:
        return read_bytes(path, max_bytes).decode()
    except UnicodeDecodeError as error:
        raise DocumentError(f"{path}: cannot be read: {error}") from None
    except ValueError as error:
        raise DocumentError(f"{path}: {error}") from None
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read: {error.strerror}") from None


def _decode(path: Path, kind: type[T], max_bytes: int) -> T:
    return _parse(path, read_document(path, max_bytes), kind)


def _parse(path: Path, text: str, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.ValidationError as error:
        raise DocumentError(f"{path}: {printable(str(error)):.200}") from None
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise DocumentError(f"{path}: is not valid JSON: {printable(str(error)):.200}") from None


def _checked(path: Path, values: Any) -> Any:
    """The values, where tables and pages can hold them; raises DocumentError."""
    try:
        check_json(values, "its values")
    except RecordError as error:
        raise DocumentError(f"{path}: {error}") from None
    return values
