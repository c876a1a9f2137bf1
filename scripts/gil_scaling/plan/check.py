"""What the target `check` tries: each workload with each choice of its parameters, once on each backend and build."""

from collections.abc import Callable
from typing import Any

from gil_scaling.plan import catalog, config, orders, plan, plan_file
from gil_scaling.plan.config import Config, named
from gil_scaling.plan.request import Request
from gil_scaling.plan.sweep import Run

LIMIT_S = 60.0  # of all runs together
RUN_LIMIT_S = 10.0
_CHANGES = {"rounds": 1, "warmups": 0, "repeats": 2, "workers": [2], "ceiling": False, "control": False}
_ALWAYS_SHOWN = ("pythons", "rounds", "workers")  # of the keys that have their default


def write(request: Request, find_size: Callable[..., tuple[int, float]] | None) -> str:
    """Writes what is to be tried, for launch.trial, and what a config is made of, for the analysis; returns the file's path.

    find_size: as in plan.make. Raises config.ConfigError.
    """
    settings, _ = plan.with_sizes(request, find_size)
    tried = {**settings, "experiments": [_changed(experiment) for experiment in settings["experiments"]]}
    common, experiments = _shorten(request)
    order = {
        "limit_s": LIMIT_S,
        "tries": [_describe(run, tried) for run in _in_order(plan.expand(request, tried))],
        "config": {"sweep": request.sweep, **common},
        "experiments": experiments,
    }
    return orders.write(request.state, f"check-{request.sweep}", order)


def _changed(experiment: Config) -> Config:
    intervals, timeout_s = experiment["switch_intervals"][:1], min(experiment["timeout"], RUN_LIMIT_S)
    return {**experiment, **_CHANGES, "switch_intervals": intervals, "timeout": timeout_s}


def _in_order(runs: list[Run]) -> list[Run]:
    """The runs such that those of the first choice of parameters come first, and of these the sequential ones.

    If the time does not suffice, what is left out is the further choices.
    """
    choices: dict[str, list[Any]] = {}
    for run in runs:
        known = choices.setdefault(run.workload.reference, [])
        if run.spec["params"] not in known:
            known.append(run.spec["params"])

    def rank(run: Run) -> tuple[int, bool]:
        choice = choices[run.workload.reference].index(run.spec["params"])
        return choice, run.spec["backend"] != "sequential"

    return sorted(runs, key=rank)


def _describe(run: Run, settings: Config) -> dict[str, Any]:
    """A run to try: its entry, and what the analysis needs to know beyond."""
    sizes = [name for name in run.workload.parameters if catalog.is_whole(run.workload.defaults.get(name))]
    return {
        "entry": {**plan_file.for_launcher(run, settings), "sources": run.sources},
        "backend_kind": run.backend.kind,
        "waits": run.workload.waits or run.workload.no_speedup,
        "sizes": sizes,
        "better": sorted(run.workload.better),
        "counterpart": run.workload.counterpart,
        "experiments": sorted({use.experiment for use in run.uses}),
    }


def _shorten(request: Request) -> tuple[Config, list[dict[str, Any]]]:
    """The config in its shortest form: what all experiments have in common, and each experiment.

    An experiment is {"config": its other keys, "workloads" and "backends": lists of {"name", "item"}}.
    """
    settings, schema = request.settings, config.load_schema()
    defaults = config.with_defaults({"experiments": [{}]}, schema)
    keys = defaults["experiments"][0].keys() - {"backends", "workloads", "reference"}
    experiments = settings["experiments"]
    common = {key: experiments[0][key] for key in sorted(keys) if _is_common(key, experiments)}
    top = {key: settings[key] for key in ("machine", "cpus", "on_noise", "seed")}
    common = {
        key: value for key, value in {**top, **common}.items() if key in _ALWAYS_SHOWN or value != defaults.get(key)
    }
    return common, [_shorten_experiment(each, request, keys - common.keys(), defaults) for each in experiments]


def _is_common(key: str, experiments: list[Config]) -> bool:
    return all(experiment[key] == experiments[0][key] for experiment in experiments)


def _shorten_experiment(experiment: Config, request: Request, keys: set[str], defaults: Config) -> dict[str, Any]:
    own = {key: experiment[key] for key in sorted(keys) if experiment[key] != defaults[key]}
    if experiment["reference"] != request.builds[experiment["name"]][0].name:
        own["reference"] = experiment["reference"]
    lists = {
        key: [{"name": catalog.name_of(named(item)[0]), "item": item} for item in experiment[key]]
        for key in ("workloads", "backends")
    }
    return {"config": {"name": experiment["name"], **own}, **lists}
