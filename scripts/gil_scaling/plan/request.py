"""What a config asks of this machine: names, CPUs, builds and result sets, with the mistakes of all parts at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gil_scaling.plan import builds, comparison, config, machine, packages
from gil_scaling.plan.builds import Build
from gil_scaling.plan.comparison import Comparison
from gil_scaling.plan.config import Config
from gil_scaling.plan.environments import Environments
from gil_scaling.plan.prober import Prober
from gil_scaling.plan.recovery import STATE
from gil_scaling.plan.task_prober import TaskProber
from gil_scaling.plan.yaml_lines import Places
from gil_scaling.result_set import CHECK, COMPARISON, RESERVED_SWEEPS, RESULTS, archive_name

DEFAULT_SWEEP = "default"  # of config/config.yaml
NOISE_SWEEP = "noise"  # the A/A test of config/noise.yaml, which the reports of all sweeps of its machine read


@dataclass(frozen=True)
class Names:
    """What a config without mistakes says before any build is looked for.

    results: the folder of result sets; machines, why: of the targets of these names; comparison: what the target `compare` reads;
    places: where the config says what.
    """

    results: str
    settings: Config
    machine: str
    sweep: str
    machines: list[Config]
    why: bool | Config
    comparison: Comparison
    places: Places

    @property
    def result_set(self) -> str:
        """The folder of the machine, as rules name it."""
        return f"{RESULTS}/{self.machine}"

    @property
    def sweep_folder(self) -> str:
        """The folder of the sweep, as rules name it."""
        return f"{self.result_set}/{self.sweep}"

    @property
    def folder(self) -> Path:
        """The folder of the machine; within a module of a workflow with a prefix, not the path that rules name."""
        return Path(self.results, self.machine)

    @property
    def archive(self) -> str:
        """The path of the archive that the target `bundle` writes."""
        return str(self.folder / archive_name(self.machine))

    @property
    def check_config(self) -> str:
        """The path of the config that the target `check` proposes."""
        return str(self.folder / self.sweep / CHECK)

    @property
    def state(self) -> Path:
        """The folder of what calls and jobs of this machine pass to each other."""
        return STATE / self.machine


@dataclass(frozen=True)
class Request(Names):
    """A config without mistakes, and what it means on this machine.

    cpus: ids, None for all; builds: by experiment; notes: on builds left out, and packages that are not installed
    yet; relocked: what the target relock changes, a line each.
    """

    cpus: list[int] | None
    builds: dict[str, list[Build]]
    notes: list[str]
    relocked: list[str]


class _Mistakes(list[str]):
    def collect(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """The result of a function; of one that raises ConfigError its sound part or None, after its mistakes are kept."""
        try:
            return function(*arguments)
        except config.ConfigError as error:
            self.extend(error.mistakes)
            return error.sound


def read(
    settings: Config, files: Sequence[str] = (), explicit_files: Sequence[str] = (), results: str = RESULTS
) -> Request:
    """The request of a config as Snakemake merged it; raises config.ConfigError with all mistakes.

    files: the YAML files that it was read from, in increasing precedence; explicit_files: those named by --configfile.
    """
    mistakes = _Mistakes()
    return _find_builds(_name(settings, files, explicit_files, results, mistakes), mistakes, on_node=False)


def read_names(
    settings: Config, files: Sequence[str] = (), explicit_files: Sequence[str] = (), results: str = RESULTS
) -> Names:
    """The part of a request that takes no build; arguments and errors as of read."""
    mistakes = _Mistakes()
    names = _name(settings, files, explicit_files, results, mistakes)
    if mistakes:
        raise config.ConfigError(mistakes)
    return names


def complete(names: Names, *, on_node: bool = False, installs: bool = False, relocks: bool = False) -> Request:
    """The request with its builds; raises config.ConfigError.

    on_node: whether this is one machine of the target `machines`: what has no build there is left out with a note.
    installs: whether packages that are missing are installed now, else a note says so; relocks: whether their
    versions are chosen anew.
    """
    return _find_builds(names, _Mistakes(), on_node=on_node, installs=installs, relocks=relocks)


def _name(
    settings: Config, files: Sequence[str], explicit_files: Sequence[str], results: str, mistakes: _Mistakes
) -> Names:
    """The names in a config, as far as they are right; raises ConfigError where nothing of it can be used."""
    places = Places(files, settings)
    checked = mistakes.collect(config.checked, settings, files)
    if checked is None:
        raise config.ConfigError(mistakes)
    label = checked["machine"] or machine.label()
    name = checked["sweep"] or _name_sweep(settings.get("workload"), explicit_files, label)
    is_archive = name.lower() == archive_name(label).lower()  # some file systems ignore case
    problems = {"sweep": config.reserved(name) if is_archive else config.name_mistake(name)}
    if label.lower() == COMPARISON and not checked["machine"]:  # the host's name
        problems["machine"] = config.reserved(label)
    mistakes += [places.line([key], problem) for key, problem in problems.items() if problem]
    compared = mistakes.collect(comparison.read, checked, places, NOISE_SWEEP, results, label)
    kept = {key: value for key, value in checked.items() if key not in config.TARGET_KEYS}
    return Names(results, kept, label, name, checked["machines"], checked["why"], compared, places)


def _find_builds(
    names: Names, mistakes: _Mistakes, *, on_node: bool, installs: bool = False, relocks: bool = False
) -> Request:
    cpus = mistakes.collect(_choose_cpus, names.settings["cpus"], names.places)
    prober = Prober(names.state / "probes.json")
    chosen = mistakes.collect(_choose_builds, names.settings, names.places, prober, on_node)
    if mistakes:
        raise config.ConfigError(mistakes)
    experiment_builds, notes = chosen
    index = names.settings["packages_index"]
    environments = Environments(names.folder, index, prober, makes=installs, relocks=relocks)
    experiment_builds = _install(names, experiment_builds, environments)
    notes = [*notes, *environments.notes]
    notes += _check_tasks(names.settings["experiments"], experiment_builds, names.places, names.state)
    relocked = environments.changes or ["no build of this sweep has packages"]
    return Request(**vars(names), cpus=cpus, builds=experiment_builds, notes=notes, relocked=relocked)


def _install(names: Names, chosen: dict[str, list[Build]], environments: Environments) -> dict[str, list[Build]]:
    equipped, mistakes = packages.equip(names.settings, chosen, environments)
    if mistakes:
        raise config.ConfigError(names.places.line(path, text) for path, text in mistakes)
    return equipped


def _name_sweep(workload: Any, explicit_files: Sequence[str], machine_label: str) -> str:
    """The name of a sweep that its config does not name: of its workload's file, where the key `workload` is set, or of its config.

    The sweep of a workload takes neither a reserved name nor that of a ready-made sweep, whose tables it would replace.
    """
    if workload is None:
        return Path(explicit_files[-1]).stem if explicit_files else DEFAULT_SWEEP
    name = config.workload_stem(workload)
    ready_made = {path.stem for path in config.SCHEMA.parent.glob("*.yaml")}
    taken = {DEFAULT_SWEEP, *ready_made, *RESERVED_SWEEPS, archive_name(machine_label)}
    is_taken = name.lower() in map(str.lower, taken)  # some file systems ignore case
    return f"workload-{name}"[:60] if is_taken else name


def _check_tasks(
    experiments: Sequence[Config], chosen: dict[str, list[Build]], places: Places, state: Path
) -> list[str]:
    """Notes on parameters that could not be checked; raises ConfigError for those that `tasks` of their workload rejects.

    That runs the user's files, so it comes last, for a config without other mistakes.
    """
    mistakes, notes = TaskProber(state / "tasks.json")(experiments, chosen)
    if mistakes:
        raise config.ConfigError(places.line(path, text) for path, text in mistakes)
    return notes


def _choose_cpus(wanted: Any, places: Places) -> list[int] | None:
    try:
        return machine.choose_cpus(wanted)
    except ValueError as error:
        raise config.ConfigError([places.line(["cpus"], f"{error}.")]) from None


def _choose_builds(
    settings: Config, places: Places, prober: Prober, on_node: bool
) -> tuple[dict[str, list[Build]], list[str]]:
    """The builds of each experiment and notes; sets the reference of each experiment.

    on_node: removes experiments without a build, and takes another reference where it has none.
    """
    experiments = settings["experiments"]
    chosen, notes, mistakes = builds.choose(experiments, settings["pythons"], prober, all_optional=on_node)
    for index, experiment in enumerate(experiments):
        names = [build.name for build in chosen[experiment["name"]]]
        wanted = experiment["reference"]
        if wanted in (None, "current") or (on_node and wanted not in names):
            experiment["reference"] = next(iter(names), None)
        elif wanted not in names and names:
            hint = config.nearest(wanted, names)
            mistakes.append((["experiments", index, "reference"], f"no build {wanted!r}. {hint}"))
        if on_node and not names:
            notes.append(f"experiment {experiment['name']!r} left out: none of its builds is on this machine")
        elif on_node and wanted not in (None, "current", *names):
            notes.append(
                f"experiment {experiment['name']!r}: relative to {experiment['reference']}, without {wanted!r}"
            )
    if on_node and not any(chosen.values()):
        mistakes.append((["pythons"], "none of the builds is on this machine."))
    if mistakes:
        raise config.ConfigError(places.line(path, text) for path, text in mistakes)
    experiments[:] = [experiment for experiment in experiments if chosen[experiment["name"]]]
    return {name: found for name, found in chosen.items() if found}, notes
