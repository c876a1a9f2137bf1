"""What one call of Snakemake is to do: config, builds and runs put together for the Snakefile.

The plan is a file for the jobs to read: its first line is what the analysis needs, each further line is a run.
`python -m gil_scaling.plan.plan PLAN PLAN.json CONFIG.yaml` writes what of it belongs to the result set.
"""

import hashlib
import json
import sys
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import yaml

from gil_scaling import record
from gil_scaling.decode import decode
from gil_scaling.launch import progress
from gil_scaling.plan import builds, catalog, comparison, config, machine, sizes, sweep
from gil_scaling.plan.prober import Prober
from gil_scaling.plan.yaml_lines import Places
from gil_scaling.result_set import write_text
from gil_scaling.text import scrub

FOLDER = Path(".snakemake/gil-scaling")
NOISE_SWEEP = "noise"  # the A/A test of config/noise.yaml, which the reports of all sweeps of its machine look at


@dataclass(frozen=True)
class Plan:
    """The table of runs and where everything lies; paths are relative to the working directory.

    runs: in their order; state: of each run's record; machine_facts, build_facts: JSON texts for the result set;
    comparison: what the target `compare` reads, which no other one depends on.
    """

    machine: str
    sweep: str
    file: str
    experiments: list
    runs: list
    state: dict
    notes: list
    machine_facts: str
    build_facts: dict
    comparison: comparison.Comparison

    @property
    def result_set(self):
        """The folder of the machine."""
        return f"results/{self.machine}"

    @property
    def sweep_folder(self):
        """The folder of the sweep's tables."""
        return f"{self.result_set}/{self.sweep}"

    @property
    def derived(self):
        """The paths of what is made from the records, and of the facts beside them, that this sweep makes."""
        of_set = ("machine.json", "pythons")
        of_sweep = (
            "plan.json",
            "config.yaml",
            "tables",
            "figures",
            "pyperf",
            "report.html",
            "report.md",
            "verdict.txt",
        )
        return [f"{self.result_set}/{name}" for name in of_set] + [f"{self.sweep_folder}/{name}" for name in of_sweep]

    @property
    def digest(self):
        """What stands for the plan's content."""
        return Path(self.file).stem.rpartition("-")[2]

    @property
    def names(self):
        """The names of all runs."""
        return [run.name for run in self.runs]

    @cached_property
    def ranks(self):
        """The priority of each run: the first has the highest."""
        return {run.name: -place for place, run in enumerate(self.runs)}

    @cached_property
    def rounds(self):
        """The numbers of the rounds of each run."""
        return {run.name: run.spec["round"] for run in self.runs}

    @property
    def todo(self):
        """The runs that are to be measured."""
        return [run for run in self.runs if self.state[run.name].status not in record.DONE]

    @property
    def noise_tables(self):
        """The tables of the machine's A/A test, where another sweep has left them."""
        names = [] if self.sweep == NOISE_SWEEP else ["noise", "runs"]
        paths = [f"{self.result_set}/{NOISE_SWEEP}/tables/{name}.csv" for name in names]
        return [path for path in paths if Path(path).exists()]

    def in_round(self, number):
        """The names of the runs of one round."""
        return [name for name, of_run in self.rounds.items() if of_run == int(number)]

    def marker_before(self, name):
        """The number of the round that must be done before a run, as a list of none or one."""
        return [self.rounds[name] - 1] if self.rounds[name] > 1 else []


@dataclass(frozen=True)
class _State:
    status: str
    wall_s: float | None = None


def make(settings, files=(), explicit_files=(), find_size=sizes.find):
    """The plan of a config as Snakemake merged it; raises config.ConfigError.

    files: the YAML files that it came from, the strongest last; explicit_files: those named by --configfile;
    find_size: as sizes.find, None where nothing is to be started.
    """
    asked = _asked(settings, files, explicit_files)
    checked, label, cpus, chosen = asked.settings, asked.machine, asked.cpus, asked.builds
    frozen = _settle_sizes(checked, chosen, label, find_size and partial(find_size, cpus=cpus))
    workloads, backends = _catalogue(checked["experiments"])
    usable = machine.allowed_cpus() if cpus is None else cpus
    runs = sweep.expand(
        checked,
        chosen,
        workloads,
        backends,
        cpus,
        sweep.auto_workers(machine.usable(cpus), len(machine.physical_cpus(usable))),
    )
    experiments = [experiment["name"] for experiment in checked["experiments"]]
    builds_by_name = {build.name: build for own in chosen.values() for build in own}
    return Plan(
        machine=label,
        sweep=asked.sweep,
        file=_write(label, asked.sweep, checked, chosen, runs, frozen.used),
        experiments=experiments,
        runs=runs,
        state={run.name: _state(Path(f"results/{label}/runs/{run.name}.json"), run) for run in runs},
        notes=asked.notes,
        machine_facts=_document(machine.facts()),
        build_facts={name: _document(build.describe()) for name, build in builds_by_name.items()},
        comparison=asked.comparison,
    )


@dataclass(frozen=True)
class _Asked:
    """What a config asks for, free of mistakes; builds: {experiment: its builds}; cpus: ids, None for all."""

    settings: dict
    machine: str
    sweep: str
    comparison: comparison.Comparison
    cpus: list | None
    builds: dict
    notes: list


def _asked(settings, files, explicit_files):
    """What a config asks for; raises config.ConfigError with all its mistakes, whichever part of it they lie in."""
    place, mistakes = Places(files, settings).line, []

    def made(make, *arguments):
        try:
            return make(*arguments)
        except config.ConfigError as error:
            mistakes.extend(error.mistakes)
            return getattr(error, "sound", None)

    checked = made(config.checked, settings, files)
    if checked is None:
        raise config.ConfigError(mistakes)
    name = checked["sweep"] or (Path(explicit_files[-1]).stem if explicit_files else "default")
    label = checked["machine"] or machine.label()
    problems = {"sweep": config.name_mistake(name)}
    if label == comparison.OUTPUT and not checked["machine"]:  # the host's name
        problems["machine"] = config.reserved(label)
    mistakes += [place([key], problem) for key, problem in problems.items() if problem]
    compared = made(comparison.make, checked, place, NOISE_SWEEP)
    cpus = _choose_cpus(checked["cpus"])
    chosen = made(_choose_builds, checked, cpus, place)
    if mistakes:
        raise config.ConfigError(mistakes)
    own = {key: value for key, value in checked.items() if key not in config.COMPARISON_KEYS}
    return _Asked(own, label, name, compared, cpus, *chosen)


def _document(facts):
    return json.dumps(facts, sort_keys=True, indent=1)


def _choose_builds(settings, cpus, place):
    """The builds of each experiment and notes; sets each experiment's reference; raises config.ConfigError."""
    prober = Prober(FOLDER / "probes.json")
    chosen, notes, mistakes = builds.choose(settings["experiments"], settings["pythons"], prober)
    for index, experiment in enumerate(settings["experiments"]):
        names = [build.name for build in chosen[experiment["name"]]]
        if experiment["reference"] in (None, "current"):
            experiment["reference"] = next(iter(names), None)
        elif experiment["reference"] not in names and names:
            hint = config.nearest(experiment["reference"], names)
            path = ["experiments", index, "reference"]
            mistakes.append((path, f"no build {experiment['reference']!r}. {hint}"))
    if isinstance(cpus, ValueError):
        mistakes.append((["cpus"], f"{cpus}."))
    if mistakes:
        raise config.ConfigError(place(path, text) for path, text in mistakes)
    return chosen, notes


def _settle_sizes(settings, chosen, label, find):
    """Puts a number in place of each auto in the experiments; returns the machine's Sizes; raises config.ConfigError."""
    try:
        frozen = sizes.Sizes(Path(f"results/{label}/sizes.json"), find)
        for experiment in settings["experiments"]:
            own = {build.name: build for build in chosen[experiment["name"]]}
            experiment["workloads"] = frozen.settled(experiment["workloads"], own[experiment["reference"]])
    except sizes.SizeError as error:
        raise config.ConfigError([f"{error}."]) from None
    return frozen


def _choose_cpus(wanted):
    """The ids of the CPUs, None for all, or the error that says why not."""
    try:
        return machine.choose_cpus(wanted)
    except ValueError as error:
        return error


def _catalogue(experiments):
    """What is known of all workloads and backends, by name or path; two backends serve as baseline and ceiling."""
    workloads, backends = (
        {config.named(item)[0] for experiment in experiments for item in experiment[key]}
        for key in ("workloads", "backends")
    )
    return (
        {text: catalog.read_workload(text, ".") for text in sorted(workloads)},
        {text: catalog.read_backend(text, ".") for text in sorted({"sequential", "process", *backends})},
    )


def _state(path, run):
    if not path.exists():
        return _State("missing")
    try:
        found = decode(path)
    except record.RecordError as error:
        return _State(str(error))
    if found["spec"] != run.spec:
        return _State(f"{path}: another run's record")
    return _State(found["status"], found["wall_s"] if found["status"] == "ok" else None)


class _Plain(yaml.SafeDumper):
    """Writes out what stands in several places, instead of an alias."""

    def ignore_aliases(self, data):
        return True


def _write(label, name, settings, chosen, runs, frozen_sizes):
    """Writes the plan where the jobs read it, under a name that stands for its content; returns its path."""
    own = [f"pythons/{build.name}.json" for group in chosen.values() for build in group]
    header = {
        "plan": {
            "format": record.FORMAT,
            "machine": label,
            "sweep": name,
            "builds": sorted(set(own)),
            "experiments": [experiment["name"] for experiment in settings["experiments"]],
            "sizes": frozen_sizes,
            "noise_sweep": NOISE_SWEEP,
            "runs": [
                {
                    "run": run.name,
                    "backend_kind": run.backend.kind,
                    "waits": run.workload.waits,
                    "no_speedup": run.workload.no_speedup,
                    "sharing": run.workload.sharing,
                    "uses": [vars(use) for use in run.uses],
                }
                for run in runs
            ],
        },
        "config": scrub(yaml.dump({**settings, "sweep": name}, Dumper=_Plain, sort_keys=False, allow_unicode=True)),
    }
    lines = [json.dumps(header)]
    for run in runs:
        entry = {
            "run": run.name,
            "spec": run.spec,
            "command": run.build.command,
            "env": run.build.env,
            "rejected": run.build.rejected,
            "reference": run.workload.reference,
            "backend_reference": run.backend.reference,
            "timeout_s": run.timeout_s,
            "on_noise": settings["on_noise"],
            "expected": run.expected,
        }
        lines.append(json.dumps(entry))
    text = "\n".join(lines) + "\n"
    path = FOLDER / f"plan-{name}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.jsonl"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        write_text(path, text)
    return str(path)


def prepare(plan):
    """Gets ready to measure: sets damaged and failed records aside, so that they are measured again, and counts.

    The marks of the rounds that are done are there then: Snakemake would repeat the later rounds because of one that is lost.
    """
    aside = Path(plan.result_set, "logs", "set_aside")
    for run in plan.runs:
        if plan.state[run.name].status not in ("missing", *record.DONE):
            aside.mkdir(parents=True, exist_ok=True)
            Path(plan.result_set, "runs", f"{run.name}.json").replace(aside / f"{run.name}.json")
    marks = Path(plan.result_set, "rounds")
    marks.mkdir(parents=True, exist_ok=True)
    for number in set(plan.rounds.values()) - {run.spec["round"] for run in plan.todo}:
        if not (marks / str(number)).exists():
            (marks / str(number)).touch()
    for old in FOLDER.glob("*.progress"):
        old.unlink()
    progress.announce(len(plan.todo), Path(plan.file).resolve())


def summary(plan):
    """What is to be measured, in a sentence, with an estimate where earlier records of the same combination allow one."""
    by_stem = {}
    for run in plan.runs:
        if plan.state[run.name].wall_s is not None:
            by_stem.setdefault(_combination(run), []).append(plan.state[run.name].wall_s)
    known = [by_stem[_combination(run)] for run in plan.todo if _combination(run) in by_stem]
    text = f"{len(plan.todo)} of {len(plan.runs)} runs to measure"
    if known:
        mean = sum(sum(walls) / len(walls) for walls in known) / len(known)
        text += f", about {progress.duration(mean * len(plan.todo))}"
    return text


def _combination(run):
    return json.dumps({key: value for key, value in run.spec.items() if key != "round"}, sort_keys=True)


def publish(plan, out, config_out):
    """Writes the parts of a plan that belong to the result set."""
    with open(plan, encoding="utf-8") as file:
        header = json.loads(file.readline())
    write_text(out, json.dumps(header["plan"], sort_keys=True, indent=1) + "\n")
    write_text(config_out, header["config"])


if __name__ == "__main__":
    publish(*sys.argv[1:])
