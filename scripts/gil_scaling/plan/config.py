"""Checks a config: reports all mistakes at once, each with its file, line, key path and remedy."""

import difflib
import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from functools import cache, reduce
from operator import getitem
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from gil_scaling import value_types
from gil_scaling.launch.environment import SCRIPTS
from gil_scaling.plan import catalog, requirements
from gil_scaling.plan.parameters import value_mistakes
from gil_scaling.plan.yaml_lines import KeyPath, Places, shown
from gil_scaling.result_set import COMPARISON, RESERVED_SWEEPS

SCHEMA = Path(SCRIPTS).parent / "config/config.schema.yaml"
_REFERENCE = SCHEMA.with_name("README.md")
ANCHOR = "key-"  # before each key in the anchors of _REFERENCE

MAX_RUNS = 100_000  # of an experiment on each build; with more, planning alone takes minutes
TARGET_KEYS = ("compare", "fail_if_below", "fail_if_slower", "machines", "remove", "why")  # no sweep depends on them
NOT_INHERITED = (
    *("machine", "sweep", "cpus", "on_noise", "seed", "experiments", "workload", "lessons", "packages_index"),
    *TARGET_KEYS,
)

Config = dict[str, Any]
Mistake = tuple[KeyPath, str]
_Part = catalog.Workload | catalog.Backend
_Read = Callable[[str, str | Path], _Part]


class ConfigError(Exception):
    """A config that cannot be run.

    mistakes: one line per mistake; sound: the config without them, with its defaults, for further checks, or None.
    """

    def __init__(self, mistakes: Iterable[str], sound: Config | None = None) -> None:
        self.mistakes = list(dict.fromkeys(mistake.replace("\n", "\\n") for mistake in mistakes))  # in names of files
        self.sound = sound
        super().__init__("\n".join(self.mistakes))


@cache
def load_schema() -> Config:
    """The schema of the config; read-only."""
    fast = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # of libyaml, where PyYAML was built with it
    schema: Config = yaml.load(SCHEMA.read_text(encoding="utf-8"), fast)
    return schema


def checked(config: Config, files: Sequence[str | Path] = (), base: str | Path = ".") -> Config:
    """The config with its defaults, those of the experiments included; raises ConfigError with all mistakes.

    config: as merged by Snakemake; files: the YAML files that it was read from, in increasing precedence, for the line
    numbers; base: the folder that paths of workloads are relative to.
    """
    places = Places(files, config)
    sound = None
    try:
        sound, mistakes = _check(config, load_schema(), base, [Path(file).parent for file in files])
    except RecursionError:
        mistakes = [([], "is nested too deeply, or contains itself.")]
    lines = [*places.duplicates(), *(places.line(path, text) for path, text in mistakes)]
    if lines or sound is None:
        raise ConfigError(sorted(lines, key=_position), sound)
    return sound


_KEY = re.compile(r"(?:^|(?<=: ))(?:experiments\[\d+\]\.)?([a-z_]+)\S*: ")


def describe_reference(mistakes: Iterable[str]) -> str:
    """Where the keys are explained that mistakes name: `Explained in config/README.md#key-rounds, #key-workers.`"""
    top = load_schema()["properties"]
    known = {*top, *top["experiments"]["items"]["properties"]}
    found = (next((key for key in _KEY.findall(mistake) if key in known), None) for mistake in mistakes)
    anchors = dict.fromkeys(f"#{ANCHOR}{key}" for key in found if key) or {"#keys": None}
    return f"Explained in {os.path.relpath(_REFERENCE)}{', '.join(anchors)}."


def _position(line: str) -> tuple[str, int]:
    """The file and the line that a mistake names; those without come first."""
    match = re.match(r"(.+?):(\d+): ", line)
    return (match[1], int(match[2])) if match else ("", 0)


def _check(config: Config, schema: Config, base: str | Path, folders: Sequence[Path]) -> tuple[Config, list[Mistake]]:
    """The config without its wrong values, with its defaults, and the mistakes."""
    config = {key: value for key, value in config.items() if not str(key).startswith("x-")}  # for anchors of YAML
    config = _with_workload(_parsed(_plain(config), schema, schema))
    mistakes = list(_schema_mistakes(config, schema))
    sound = with_defaults(_without(config, [path for path, _ in mistakes]), schema)
    for experiment in sound["experiments"]:
        for key, _, read in _PARTS:
            experiment[key] = [item and _typed(_located(item, base, folders), read, base) for item in experiment[key]]
    return sound, [*mistakes, *_meaning_mistakes(sound, base)]


def _with_workload(config: Config) -> Config:
    """The config with one experiment on the workload of its key `workload`, if it has one, in place of its experiments."""
    workload = config.get("workload")
    others = {key: value for key, value in config.items() if key != "workload"}
    if workload is None:
        return others
    return {**others, "lessons": None, "experiments": [{"name": workload_stem(workload), "workloads": [workload]}]}


def workload_stem(workload: Any) -> str:
    """The name of the experiment on the workload of the key `workload`: the stem of its file, as far as a name allows."""
    text = workload if isinstance(workload, str) else next(iter(workload), "") if isinstance(workload, dict) else ""
    stem = re.sub(r"[^A-Za-z0-9._-]", "_", catalog.name_of(str(text)))
    return stem.lstrip("._-")[:60] or "workload"


def _plain(value: Any) -> Any:
    """A value with plain dicts (JSON files give ordered ones), and infinity for integers too long for Python to print."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, int) and value.bit_length() > 10_000:
        return math.inf
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _without(config: Config, paths: Iterable[KeyPath]) -> Config:
    """A config without the values at these paths; the other items of a list keep their index."""
    config = deepcopy(config)
    for path in paths:
        start = 2 if path[0] == "experiments" else 0
        in_list = path[start : start + 1] in (["workloads"], ["backends"])
        *parents, last = path[: start + 2 if in_list else start + 1]
        with suppress(KeyError, TypeError):  # a parent was removed before
            node: Any = reduce(getitem, parents, config)  # type: ignore[arg-type]
            if isinstance(node, list):
                node[int(last)] = None
            else:
                del node[last]
    config["experiments"] = [
        {"name": str(index), "workloads": [], **(experiment or {})}
        for index, experiment in enumerate(config.get("experiments", []))
    ]
    return config


def with_defaults(config: Config, schema: Config) -> Config:
    """The config with the schema's defaults; each experiment inherits the keys of the top level."""
    properties = {key: _resolved(value, schema) for key, value in schema["properties"].items()}
    filled = {key: deepcopy(value["default"]) for key, value in properties.items() if "default" in value}
    filled.update(config)
    inherited = {key: value for key, value in filled.items() if key not in NOT_INHERITED}
    filled["experiments"] = [{**inherited, **experiment} for experiment in filled["experiments"]]
    for experiment in filled["experiments"]:
        if experiment["until"]:
            experiment["rounds"] = experiment["until"]["max_rounds"]
    return filled


def _resolved(node: Config, schema: Config) -> Config:
    if "$ref" not in node:
        return node
    target = schema["$defs"][node["$ref"].rpartition("/")[2]]
    return {**target, **{key: value for key, value in node.items() if key != "$ref"}}


# ---- types


def _parsed(value: Any, node: Config, schema: Config) -> Any:
    """A value converted to the type that its schema asks for, if it can be.

    Numbers, true, false and null may arrive as text: 1e-6 does in YAML, and every item of a list of --config.
    A version may arrive as a number: 3.12 is unambiguous, 3.1 may be 3.10 and stays a mistake.
    """
    node = _resolved(node, schema)
    branches = [_resolved(branch, schema) for branch in node.get("anyOf", [node])]
    if isinstance(value, dict):
        known = {key: child for branch in branches for key, child in branch.get("properties", {}).items()}
        return {key: _parsed(item, known[key], schema) if key in known else item for key, item in value.items()}
    if isinstance(value, list):
        items = next((branch["items"] for branch in branches if "items" in branch), None)
        return [_parsed(item, items, schema) for item in value] if items else value
    return _scalar(value, {branch.get("type") for branch in branches})


def _scalar(value: Any, kinds: set[str | None]) -> Any:
    """A value converted to one of these JSON types, if it can be."""
    if isinstance(value, float) and "string" in kinds and re.fullmatch(r"3\.\d\d", str(value)):
        return str(value)
    if isinstance(value, str) and "null" in kinds and value == "null":
        return None
    if isinstance(value, str) and "boolean" in kinds and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if isinstance(value, str) and kinds & {"integer", "number"}:
        value = _number(value)
    is_whole = isinstance(value, float) and "integer" in kinds and "number" not in kinds and value.is_integer()
    return int(value) if is_whole else value


def _number(text: str) -> int | float | str:
    """The number that a text holds, or the text."""
    read: Callable[[str], int | float]
    for read in (int, float):
        with suppress(ValueError):
            return read(text)
    return text


def _located(item: Any, base: str | Path, folders: Sequence[Path]) -> Any:
    """An entry of `workloads` or `backends`, with the path of its file where it is the dotted name of a module beside a config.

    base: the folder that comes first; folders: of the configs.
    """
    text, params = named(item)
    if catalog.is_dotted(text) and not catalog.module_path(text, Path(base)).is_file():
        for path in (catalog.module_path(text, folder) for folder in folders):
            if path.is_file():
                relative = os.path.relpath(path, base)
                return {relative: params} if params else relative
    return item


def _typed(item: Any, read: _Read, base: str | Path) -> Any:
    """An entry of `workloads` or `backends`, its parameters converted to the types of their defaults."""
    text, params = named(item)
    try:
        defaults = read(text, base).defaults if params else {}
    except catalog.CatalogError:
        return item
    return {text: {name: _like(value, defaults.get(name)) for name, value in params.items()}} if params else item


def _like(value: Any, default: Any) -> Any:
    """The value of a parameter, converted to the type of its default: a number, a boolean, or a list of them."""
    if isinstance(value, dict) and isinstance(value.get("sweep"), list):
        return {**value, "sweep": [_like(choice, default) for choice in value["sweep"]]}
    if isinstance(value, list) and isinstance(default, list) and default:
        return [_like(item, default[0]) for item in value]
    kind = {bool: "boolean", int: "number", float: "number"}.get(type(default))
    value = _scalar(value, {kind}) if isinstance(value, str) else value
    is_integral = catalog.is_whole(default) and isinstance(value, float) and value.is_integer()
    return int(value) if is_integral else value  # 1e6


# ---- mistakes that the schema finds


def _is_text(checker: Any, value: object) -> bool:
    """Whether a value is a text that files and commands can contain."""
    return isinstance(value, str) and "\0" not in value and value.encode(errors="replace").decode() == value


# 1.0 is not an integer, and no number is infinite, NaN, or larger than the tables can hold.
_TYPES = {
    "integer": lambda checker, value: type(value) is int and abs(value) <= value_types.MAX_NUMBER,
    "number": lambda checker, value: type(value) in (int, float) and abs(value) <= value_types.MAX_NUMBER,
    "string": _is_text,
}
_Validator: Any = jsonschema.validators.extend(  # type: ignore[no-untyped-call]
    jsonschema.Draft202012Validator, type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine_many(_TYPES)
)


def _schema_mistakes(config: Config, schema: Config) -> Iterator[Mistake]:
    validator = _Validator(schema)
    for error in sorted(validator.iter_errors(config), key=lambda error: list(map(str, error.absolute_path))):
        yield from _explain(error, schema)


def _explain(error: Any, schema: Config) -> Iterator[Mistake]:
    """The mistakes that an error of the validator stands for."""
    path = list(error.absolute_path)
    if error.validator == "additionalProperties" and isinstance(error.schema.get("properties"), dict):
        known = sorted(error.schema["properties"])
        for key in sorted((key for key in error.instance if key not in known), key=str):
            yield [*path, key], f"unknown key {shown(key)}. {nearest(str(key), known)}"
    elif error.validator == "required":
        for key in error.validator_value:
            if key not in error.instance:
                meaning = _resolved(error.schema["properties"][key], schema)["description"]
                yield [*path, key], f"is missing. Expected: {meaning}."
    elif error.validator == "anyOf":
        yield from _explain_choice(error, schema, path)
    else:
        yield path, _not_allowed(error.instance, error.schema, path)


def _explain_choice(error: Any, schema: Config, path: KeyPath) -> Iterator[Mistake]:
    """The mistakes inside the alternative that fits the type of the value; without such, the value as a whole."""
    for branch in error.context:
        if len(branch.absolute_path) > len(path) or branch.validator == "additionalProperties":
            deeper = [e for e in error.context if e.schema_path[0] == branch.schema_path[0]]
            for inner in deeper:
                yield from _explain(inner, schema)
            return
    yield path, _not_allowed(error.instance, error.schema, path)


def _not_allowed(value: Any, schema: Config, path: KeyPath) -> str:
    if isinstance(value, float) and re.fullmatch(r"\d\.\d", str(value)) and {"pythons", "reference"} & set(path):
        return f"YAML read the number {value}, which may mean {value} or {value}0. Write the version in quotes."
    kinds = {
        "integer": "a whole number",
        "number": "a number",
        "string": "a text in quotes",
        "object": "a mapping",
        "array": "a list",
        "boolean": "true or false",
    }
    meaning = schema.get("description") or kinds[schema["type"]]
    if value is None or value in ([], {}):
        return f"is empty. Expected: {meaning}."
    hint = _near(value, schema["enum"]) if isinstance(value, str) and "enum" in schema else ""
    return f"{shown(value)} is not allowed. {hint}Expected: {meaning}."


def nearest(word: str, known: Sequence[str]) -> str:
    """A hint: the nearest of the known names, and all of them."""
    return f"{_near(word, known)}Known: {', '.join(known) or 'none'}."


def _near(word: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"Did you mean {near[0]!r}? " if near else ""


# ---- mistakes that the schema cannot find


def _meaning_mistakes(config: Config, base: str | Path) -> Iterator[Mistake]:
    if config["machine"] and config["machine"].lower() == COMPARISON:
        yield ["machine"], reserved(config["machine"])
    if config["sweep"] and (problem := name_mistake(config["sweep"])):
        yield ["sweep"], problem
    for index, machine in enumerate(config["machines"]):
        if machine["name"].lower() == COMPARISON:
            yield ["machines", index, "name"], reserved(machine["name"])
        if machine["name"] in [other["name"] for other in config["machines"][:index]]:
            yield ["machines", index, "name"], duplicate("machine", machine["name"])
    yield from _index_mistakes(config["packages_index"], base)
    yield from _package_mistakes(config["packages"], ["packages"])
    yield from _build_mistakes(config["pythons"], ["pythons"])
    files: dict[str, dict[str, str]] = {
        "workloads": {},
        "backends": {name: name for name in catalog.names(catalog.BACKENDS)},
    }
    for index, experiment in enumerate(config["experiments"]):
        for path, text in _experiment_mistakes(experiment, files, base):
            yield ["experiments", index, *path], text
        if experiment["name"] in [other["name"] for other in config["experiments"][:index]]:
            yield ["experiments", index, "name"], duplicate("experiment", experiment["name"])
    yield from _lesson_mistakes(config["lessons"], config["experiments"])


def _lesson_mistakes(lessons: Config | None, experiments: Sequence[Config]) -> Iterator[Mistake]:
    """A mistake for each experiment or backend of the lessons that the sweep does not have."""
    backends = {
        each["name"]: [catalog.name_of(named(item)[0]) for item in each["backends"] if item] for each in experiments
    }
    for index, lesson in enumerate(lessons["items"] if lessons else []):
        name = lesson["experiment"]
        path: KeyPath = ["lessons", "items", index]
        if name not in backends:
            yield [*path, "experiment"], f"unknown experiment {name!r}. {nearest(name, [*backends])}"
            continue
        for place, backend in enumerate(lesson["backends"]):
            if backend not in backends[name]:
                yield [*path, "backends", place], f"unknown backend {backend!r}. {nearest(backend, backends[name])}"


def _index_mistakes(index: Config, base: str | Path) -> Iterator[Mistake]:
    """A mistake for each folder of wheels that is missing."""
    links = index.get("find_links", [])
    for place, folder in enumerate([links] if isinstance(links, str) else links):
        if not os.path.isdir(os.path.join(base, os.path.expanduser(folder))):
            path: KeyPath = ["packages_index", "find_links"]
            yield path if isinstance(links, str) else [*path, place], f"there is no folder {folder!r}."


def _package_mistakes(packages: Any, path: KeyPath) -> Iterator[Mistake]:
    """What can be said of a list of requirements without asking for packages."""
    for number, text in enumerate(packages or ()):
        if problem := requirements.mistake(text):
            yield [*path, number], problem


def duplicate(kind: str, name: str) -> str:
    """What is wrong with the second of two things of one name."""
    return f"a second {kind} {name!r}. Give each a unique name."


def name_mistake(sweep: str) -> str | None:
    """What is wrong with the name of a sweep, which may be that of a file; None if nothing is."""
    if sweep.lower() in RESERVED_SWEEPS:  # some file systems ignore case
        return reserved(sweep)
    name = load_schema()["$defs"]["name"]
    if not re.fullmatch(name["pattern"], sweep):
        return f"{sweep!r}, from the file's name, is not allowed. Expected: {name['description']}. Set the key sweep."
    return None


def reserved(name: str) -> str:
    """What is wrong with a sweep or machine whose name is that of another folder."""
    return f"{name!r} is the name of another folder there. Choose another name."


def _build_mistakes(pythons: Any, path: KeyPath) -> Iterator[Mistake]:
    """A mistake for each entry of `pythons` that has the name of an earlier one and means another build."""
    first: dict[str, Any] = {}
    for number, entry in enumerate(pythons if isinstance(pythons, list) else []):
        entry = {"name": entry} if isinstance(entry, str) else entry
        yield from _package_mistakes((entry or {}).get("packages"), [*path, number, "packages"])
        if entry and entry.get("name") and first.setdefault(entry["name"], entry) != entry:
            yield [*path, number], duplicate("build", entry["name"])


def _experiment_mistakes(experiment: Config, files: dict[str, dict[str, str]], base: str | Path) -> Iterator[Mistake]:
    """files: {workloads or backends: {name: its file or name}} of all experiments before, extended here."""
    if experiment["scaling"] == "weak" and "default" in experiment["workers"]:
        yield ["workers"], "weak scaling needs numbers of workers, not 'default'."
    yield from _package_mistakes(experiment["packages"], ["packages"])
    yield from _build_mistakes(experiment["pythons"], ["pythons"])
    for key, folder, read in _PARTS:
        for index, item in enumerate(experiment[key]):
            if item is None:  # the schema has reported it
                continue
            for text in _part_mistakes(key[:-1], item, folder, read, base, experiment["start"]):
                yield [key, index], text
            file = named(item)[0]
            if files[key].setdefault(catalog.name_of(file), file) != file:
                yield [key, index], duplicate(key[:-1], catalog.name_of(file))
    count = _count_runs(experiment)
    if count > MAX_RUNS:
        fewer = "Set fewer rounds, workers, switch intervals or values to sweep"
        yield [], f"asks for {count:,} runs. {fewer}: at most {MAX_RUNS:,} can be planned."


_PARTS: tuple[tuple[str, Path, _Read], ...] = (
    ("backends", catalog.BACKENDS, catalog.read_backend),
    ("workloads", catalog.WORKLOADS, catalog.read_workload),
)


def _count_runs(experiment: Config) -> int:
    """The maximum number of runs of an experiment on each build; `workers: auto` counts as one."""
    axes = [experiment["switch_intervals"], () if experiment["workers"] == "auto" else experiment["workers"]]
    parts = [sum(_choices(named(item)[1]) for item in experiment[key] if item) for key, _, _ in _PARTS]
    return int(experiment["rounds"]) * math.prod(max(1, len(axis)) for axis in axes) * math.prod(parts)


def _choices(params: Mapping[str, Any]) -> int:
    """The number of choices among the swept values of an entry."""
    swept = [value["sweep"] for value in params.values() if isinstance(value, dict) and "sweep" in value]
    return math.prod(len(values) for values in swept if isinstance(values, list))


def named(item: str | Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """(name or path, params) of an entry of `workloads` or `backends`."""
    if isinstance(item, str):
        return item, {}
    ((text, params),) = item.items()
    return str(text), params or {}


def _part_mistakes(kind: str, item: Any, folder: Path, read: _Read, base: str | Path, start: str) -> Iterator[str]:
    """What is wrong with an entry of `workloads` or `backends`: its name, its file, its parameters."""
    text, params = named(item)
    known = catalog.names(folder)
    if not catalog.is_custom(text) and text not in known:
        yield f"unknown {kind} {shown(text)}. {nearest(text, known)} Give a custom {kind} by the path of its file."
        return
    try:
        part = read(text, base)
        if isinstance(part, catalog.Workload):
            catalog.auto_parameter(part, params)
    except catalog.CatalogError as error:
        yield f"{error}."
        return
    if start == "together" and isinstance(part, catalog.Backend) and not part.together:
        whose = "custom backends do" if catalog.is_custom(text) else f"backend {text!r} does"
        yield f"{whose} not support `start: together` unless the file sets `together = True`. Use `start: natural`."
    for name in part.required:
        if name not in params:
            yield f"{kind} {part.name!r} needs a value for its parameter {name!r}, which has no default."
    for name, value in params.items():
        is_alias = (kind, name, value) == ("workload", "size", catalog.AUTO)
        is_free = part.any_parameter and isinstance(name, str)
        if name not in part.parameters and not is_free and not is_alias:
            yield f"{kind} {part.name!r} has no parameter {shown(name)}. {nearest(str(name), sorted(part.parameters))}"
        yield from value_mistakes(part, name, value)
