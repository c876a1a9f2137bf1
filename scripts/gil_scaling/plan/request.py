"""What a config asks of this machine: names, CPUs, builds and result sets, with the mistakes of all parts at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gil_scaling.plan import builds, comparison, config, machine
from gil_scaling.plan.builds import Build
from gil_scaling.plan.comparison import Comparison
from gil_scaling.plan.config import Config
from gil_scaling.plan.prober import Prober
from gil_scaling.plan.task_prober import TaskProber
from gil_scaling.plan.yaml_lines import Places
from gil_scaling.result_set import COMPARISON, RESERVED_SWEEPS, archive_name

FOLDER = Path(".snakemake/gil-scaling")  # of what calls and jobs pass to each other
DEFAULT_SWEEP = "default"  # of config/config.yaml
NOISE_SWEEP = "noise"  # the A/A test of config/noise.yaml, which the reports of all sweeps of its machine read


@dataclass(frozen=True)
class Request:
    """A config without mistakes, and what it means on this machine.

    results: the folder of result sets; cpus: ids, None for all; builds: by experiment; notes: on builds left out;
    comparison: what the target `compare` reads.
    """

    results: str
    settings: Config
    machine: str
    sweep: str
    cpus: list[int] | None
    builds: dict[str, list[Build]]
    notes: list[str]
    comparison: Comparison


class _Mistakes(list[str]):
    def collect(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """The result of a function; of one that raises ConfigError its sound part or None, after its mistakes are kept."""
        try:
            return function(*arguments)
        except config.ConfigError as error:
            self.extend(error.mistakes)
            return error.sound


def read(
    settings: Config,
    files: Sequence[str] = (),
    explicit_files: Sequence[str] = (),
    results: str = "results",
) -> Request:
    """The request of a config as Snakemake merged it; raises config.ConfigError with all mistakes.

    files: the YAML files that it was read from, in increasing precedence; explicit_files: those named by --configfile.
    """
    places, mistakes = Places(files, settings), _Mistakes()
    checked = mistakes.collect(config.checked, settings, files)
    if checked is None:
        raise config.ConfigError(mistakes)
    label = checked["machine"] or machine.label()
    name = checked["sweep"] or _name_sweep(settings.get("workload"), explicit_files, label)
    is_archive = name.lower() == archive_name(label).lower()  # some file systems ignore case
    problems = {"sweep": config.reserved(name) if is_archive else config.name_mistake(name)}
    if label == COMPARISON and not checked["machine"]:  # the host's name
        problems["machine"] = config.reserved(label)
    mistakes += [places.line([key], problem) for key, problem in problems.items() if problem]
    compared = mistakes.collect(comparison.read, checked, places, NOISE_SWEEP, results, label)
    cpus = mistakes.collect(_choose_cpus, checked["cpus"], places)
    chosen = mistakes.collect(_choose_builds, checked, places)
    if mistakes:
        raise config.ConfigError(mistakes)
    experiment_builds, notes = chosen
    notes = [*notes, *_check_tasks(checked["experiments"], experiment_builds, places)]
    kept = {key: value for key, value in checked.items() if key not in config.TARGET_KEYS}
    return Request(results, kept, label, name, cpus, experiment_builds, notes, compared)


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


def _check_tasks(experiments: Sequence[Config], chosen: dict[str, list[Build]], places: Places) -> list[str]:
    """Notes on parameters that could not be checked; raises ConfigError for those that `tasks` of their workload rejects.

    That runs the user's files, so it comes last, for a config without other mistakes.
    """
    mistakes, notes = TaskProber(FOLDER / "tasks.json")(experiments, chosen)
    if mistakes:
        raise config.ConfigError(places.line(path, text) for path, text in mistakes)
    return notes


def _choose_cpus(wanted: Any, places: Places) -> list[int] | None:
    try:
        return machine.choose_cpus(wanted)
    except ValueError as error:
        raise config.ConfigError([places.line(["cpus"], f"{error}.")]) from None


def _choose_builds(settings: Config, places: Places) -> tuple[dict[str, list[Build]], list[str]]:
    """The builds of each experiment and notes; sets the reference of each experiment."""
    prober = Prober(FOLDER / "probes.json")
    chosen, notes, mistakes = builds.choose(settings["experiments"], settings["pythons"], prober)
    for index, experiment in enumerate(settings["experiments"]):
        names = [build.name for build in chosen[experiment["name"]]]
        if experiment["reference"] in (None, "current"):
            experiment["reference"] = next(iter(names), None)
        elif experiment["reference"] not in names and names:
            hint = config.nearest(experiment["reference"], names)
            mistakes.append((["experiments", index, "reference"], f"no build {experiment['reference']!r}. {hint}"))
    if mistakes:
        raise config.ConfigError(places.line(path, text) for path, text in mistakes)
    return chosen, notes
