"""The types of the data that the plan gives to the launcher; imported for type checking only."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from gil_scaling.record import Spec

Variables = dict[str, str]
Readings = dict[str, float | None]  # of the machine; None where the system does not provide one


class CallInfo(TypedDict):
    """The call of Snakemake that the jobs belong to."""

    id: str
    time: str
    pid: int
    host: str
    plan: str


class Entry(TypedDict):
    """The line of a plan about a run: what to measure, and how to start and judge it."""

    run: str
    spec: Spec
    command: list[str]
    env: Variables
    rejected: str | None
    reference: Any
    backend_reference: Any
    timeout_s: float
    on_noise: str
    expected: str
    sources: dict[str, str]  # {path: SHA-256} of all files that are measured


class Order(TypedDict):
    """What a calibration is asked for: a size for one parameter of a run."""

    entry: Entry
    parameter: str
    start: int


class ExtraRun(TypedDict):
    """A run of the target `why`: of the combination of a run, for one purpose, with a number of workers in a round.

    what: the purpose; file: name of the file that it leaves, without .json; facts: what the build gets beside its spec.
    """

    what: str
    file: str
    run: str
    workers: int
    round: int
    backend_kind: str
    about_s: float
    facts: NotRequired[dict[str, Any]]
