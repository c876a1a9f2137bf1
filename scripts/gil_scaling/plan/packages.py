"""Gives the builds of a config the packages that it asks for: the requirements of each, and where they are written."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from gil_scaling.plan import catalog, requirements
from gil_scaling.plan.builds import Build
from gil_scaling.plan.config import Config, Mistake, named
from gil_scaling.plan.environments import Environments
from gil_scaling.plan.installers import InstallError, RequirementError
from gil_scaling.plan.prober import ProbeError
from gil_scaling.plan.yaml_lines import KeyPath

Builds = Mapping[str, Sequence[Build]]  # of each experiment


class Wanted(NamedTuple):
    """A requirement, and the place in the config that asks for it."""

    text: str
    path: KeyPath


def equip(settings: Config, builds: Builds, environments: Environments) -> tuple[dict[str, list[Build]], list[Mistake]]:
    """The builds of each experiment with their packages, and the mistakes of requirements that cannot be satisfied.

    settings: checked. Builds without requirements are used as they are.
    """
    equipped: dict[str, Build] = {}
    refused: dict[tuple[str, str], tuple[KeyPath, list[str]]] = {}  # {(beginning, end) of a sentence: (place, builds)}
    by_name = {build.name: build for each in builds.values() for build in each}
    for name, wanted in find_wanted(settings, builds).items():
        try:
            equipped[name] = environments.equip(by_name[name], [each.text for each in wanted])
        except RequirementError as error:
            refused.setdefault(("no packages for", f"{error}."), (_find_place(str(error), wanted), []))[1].append(name)
        except (InstallError, ProbeError) as error:
            text = f"{error}. The same command goes on when this is mended."
            refused.setdefault(("cannot install the packages of", text), (wanted[0].path, []))[1].append(name)
    mistakes = [(path, f"{begin} {', '.join(names)}: {end}") for (begin, end), (path, names) in refused.items()]
    return {key: [equipped.get(build.name, build) for build in each] for key, each in builds.items()}, mistakes


def find_wanted(settings: Config, builds: Builds) -> dict[str, list[Wanted]]:
    """{name of a build: its requirements}, of all experiments that use it together: a build has one environment.

    Those of its own entry replace those of the same package in `packages`, and not those of workload files.
    """
    wanted: dict[str, dict[str, Wanted]] = {}
    for index, experiment in enumerate(settings["experiments"]):
        listed = [
            Wanted(text, ["experiments", index, "packages", place]) for place, text in enumerate(experiment["packages"])
        ]
        declared = list(_of_workloads(experiment, index))
        for build in builds[experiment["name"]]:
            kept = requirements.replace_by_name(experiment["packages"], build.requires)
            own = [Wanted(text, _path_of_entry(settings, index, build.name)) for text in build.requires]
            for each in [*(each for each in listed if each.text in kept), *own, *declared]:
                wanted.setdefault(build.name, {}).setdefault(each.text, each)
    return {name: list(each.values()) for name, each in wanted.items()}


def _of_workloads(experiment: Config, index: int) -> Iterator[Wanted]:
    """The requirements that the workload files of an experiment declare."""
    for place, item in enumerate(experiment["workloads"]):
        for text in catalog.read_workload(named(item)[0], ".").requires:
            yield Wanted(text, ["experiments", index, "workloads", place])


def _path_of_entry(settings: Config, index: int, name: str) -> KeyPath:
    """The place of the `packages` of a build's own entry: in its experiment, or at the top level."""
    for path, entries in (
        (["experiments", index, "pythons"], settings["experiments"][index]["pythons"]),
        (["pythons"], settings["pythons"]),
    ):
        for number, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict) and entry.get("name") == name and entry.get("packages"):
                return [*path, number, "packages"]
    return ["experiments", index, "pythons"]


def _find_place(sentence: str, wanted: Sequence[Wanted]) -> KeyPath:
    """The place of the requirement that a sentence of the resolver quotes, or else of the first whose package it names."""
    quoted = sorted((each for each in wanted if each.text in sentence), key=lambda each: -len(each.text))
    named = (each for each in wanted if _names(sentence, requirements.project(each.text)))
    return next(iter([*quoted, *named, *wanted])).path


def _names(sentence: str, project: str) -> bool:
    name = project.replace("-", "[-_.]+")
    return bool(re.search(rf"(?<![\w.-]){name}(?![\w-])", sentence, re.IGNORECASE))
