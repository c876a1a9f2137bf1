"""Checks a config: all mistakes at once, each with its place and what would be right."""

import difflib
import json
import math
import re
from contextlib import suppress
from copy import deepcopy
from functools import reduce
from operator import getitem
from pathlib import Path

import jsonschema
import yaml

from gil_scaling import value_types
from gil_scaling.launch.environment import SCRIPTS
from gil_scaling.plan import catalog
from gil_scaling.plan.yaml_lines import Places, shown

SCHEMA = Path(SCRIPTS).parent / "config/config.schema.yaml"

RESERVED_SWEEPS = ("runs", "tables", "pythons", "expected", "logs", "rounds", "compare", "machine.json", "sizes.json")
MOST_RUNS = 100_000  # of an experiment on each build; with more, planning alone takes minutes
OF_COMPARE = ("compare", "fail_if_slower")  # which no sweep depends on
NOT_INHERITED = ("machine", "sweep", "cpus", "on_noise", "seed", "experiments", *OF_COMPARE)


class ConfigError(Exception):
    """A config that cannot be run.

    mistakes: a line for each; sound: the config without them, with its defaults, for further checks; None where nothing is.
    """

    def __init__(self, mistakes, sound=None):
        self.mistakes = list(dict.fromkeys(mistakes))
        self.sound = sound
        super().__init__("\n".join(self.mistakes))


def load_schema():
    """The schema of the config."""
    return yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))


def checked(config, files=(), base="."):
    """The config with its defaults filled in, for the experiments too; raises ConfigError with all mistakes.

    config: as Snakemake merged it; files: the YAML files it came from, the strongest last, for the places in the
    messages; base: the folder that paths of workloads are relative to.
    """
    places = Places(files, config)
    sound = None
    try:
        sound, mistakes = _check(config, load_schema(), base)
    except RecursionError:
        mistakes = [([], "is nested too deeply, or holds itself.")]
    lines = [*places.doubles(), *(places.line(path, text) for path, text in mistakes)]
    if lines:
        raise ConfigError(lines, sound)
    return sound


def _check(config, schema, base):
    """The config without what is wrong, with its defaults, and (path, text) for each mistake."""
    config = _meant(_plain(config), schema, schema)
    mistakes = list(_schema_mistakes(config, schema))
    sound = with_defaults(_without(config, [path for path, _ in mistakes]), schema)
    for experiment in sound["experiments"]:
        for key, _, read in _PARTS:
            experiment[key] = [item and _typed(item, read, base) for item in experiment[key]]
    return sound, [*mistakes, *_meaning_mistakes(sound, base)]


def _plain(value):
    """A value with plain mappings (those of JSON files are others), and without numbers that Python would not write out."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, int) and value.bit_length() > 10_000:
        return math.inf
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _without(config, paths):
    """A config without what stands at these paths; what else stands in a list keeps its place."""
    config = deepcopy(config)
    for path in paths:
        start = 2 if path[0] == "experiments" else 0
        in_list = path[start : start + 1] in (["workloads"], ["backends"])
        *way, last = path[: start + 2 if in_list else start + 1]
        with suppress(KeyError, TypeError):  # what it stood in is gone, too
            node = reduce(getitem, way, config)
            if isinstance(node, list):
                node[last] = None
            else:
                del node[last]
    config["experiments"] = [
        {"name": str(index), "workloads": [], **(experiment or {})}
        for index, experiment in enumerate(config.get("experiments", []))
    ]
    return config


def with_defaults(config, schema):
    """The config with the schema's defaults, each experiment with those of the top level."""
    properties = {key: _resolved(value, schema) for key, value in schema["properties"].items()}
    filled = {key: value["default"] for key, value in properties.items() if "default" in value}
    filled.update(config)
    inherited = {key: value for key, value in filled.items() if key not in NOT_INHERITED}
    filled["experiments"] = [{**inherited, **experiment} for experiment in filled["experiments"]]
    return filled


def _resolved(node, schema):
    if "$ref" not in node:
        return node
    target = schema["$defs"][node["$ref"].rpartition("/")[2]]
    return {**target, **{key: value for key, value in node.items() if key != "$ref"}}


# ---- what is meant


def _meant(value, node, schema):
    """A value as its schema means it.

    Numbers, true, false and null may arrive as text: 1e-6 does in YAML, and all that stands in a list of --config.
    A version may arrive as a number; 3.12 can mean one only, 3.1 may mean 3.10 and stays a mistake.
    """
    node = _resolved(node, schema)
    branches = [_resolved(branch, schema) for branch in node.get("anyOf", [node])]
    if isinstance(value, dict):
        known = {key: own for branch in branches for key, own in branch.get("properties", {}).items()}
        return {key: _meant(item, known[key], schema) if key in known else item for key, item in value.items()}
    if isinstance(value, list):
        items = next((branch["items"] for branch in branches if "items" in branch), None)
        return [_meant(item, items, schema) for item in value] if items else value
    return _scalar(value, {branch.get("type") for branch in branches})


def _scalar(value, kinds):
    """A value as one of these types of the schema, if it can be read so."""
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


def _number(text):
    """The number that a text stands for, or the text."""
    for read in (int, float):
        with suppress(ValueError):
            return read(text)
    return text


def _typed(item, read, base):
    """An entry of `workloads` or `backends` with numbers for the texts of those parameters whose defaults are numbers."""
    text, params = named(item)
    try:
        defaults = read(text, base).defaults if params else {}
    except catalog.CatalogError:
        return item
    return {text: {name: _like(value, defaults.get(name)) for name, value in params.items()}} if params else item


def _like(value, default):
    """A value of a parameter, read as what its default is: a number or a truth value, or a list of them."""
    if isinstance(value, dict) and isinstance(value.get("sweep"), list):
        return {**value, "sweep": [_like(choice, default) for choice in value["sweep"]]}
    if isinstance(value, list) and isinstance(default, list) and default:
        return [_like(one, default[0]) for one in value]
    kinds = {bool: {"boolean"}, int: {"number"}, float: {"number"}}.get(type(default), set())
    return _scalar(value, kinds) if isinstance(value, str) else value


# ---- what the schema says


def _is_text(checker, value):
    """Whether a value is a text that files and commands can hold."""
    return isinstance(value, str) and "\0" not in value and value.encode(errors="replace").decode() == value


# A whole number is no 1.0, and no number is infinite, or NaN, or larger than the tables can hold.
_TYPES = {
    "integer": lambda checker, value: type(value) is int and abs(value) <= value_types.MAX_NUMBER,
    "number": lambda checker, value: type(value) in (int, float) and abs(value) <= value_types.MAX_NUMBER,
    "string": _is_text,
}
_Validator = jsonschema.validators.extend(
    jsonschema.Draft202012Validator, type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine_many(_TYPES)
)


def _schema_mistakes(config, schema):
    validator = _Validator(schema)
    for error in sorted(validator.iter_errors(config), key=lambda error: list(map(str, error.absolute_path))):
        yield from _explain(error, schema)


def _explain(error, schema):
    """(path, text) for each mistake that an error of the schema stands for."""
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


def _explain_choice(error, schema, path):
    """Of the alternatives the one that the value's own kind means: its mistakes, if they lie deeper."""
    for branch in error.context:
        if len(branch.absolute_path) > len(path) or branch.validator == "additionalProperties":
            deeper = [e for e in error.context if e.schema_path[0] == branch.schema_path[0]]
            for inner in deeper:
                yield from _explain(inner, schema)
            return
    yield path, _not_allowed(error.instance, error.schema, path)


def _not_allowed(value, schema, path):
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


def nearest(word, known):
    """A hint at the nearest of the known words, and all of them."""
    return f"{_near(word, known)}Known: {', '.join(known) or 'none'}."


def _near(word, known):
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"Did you mean {near[0]!r}? " if near else ""


# ---- what the schema cannot say


def _meaning_mistakes(config, base):
    if config["machine"] and config["machine"].lower() == "compare":
        yield ["machine"], reserved(config["machine"])
    if config["sweep"] and name_mistake(config["sweep"]):
        yield ["sweep"], name_mistake(config["sweep"])
    files = {"workloads": {}, "backends": {name: name for name in catalog.names(catalog.BACKENDS)}}
    for index, experiment in enumerate(config["experiments"]):
        for path, text in _experiment_mistakes(experiment, files, base):
            yield ["experiments", index, *path], text
        if experiment["name"] in [other["name"] for other in config["experiments"][:index]]:
            yield ["experiments", index, "name"], f"a second experiment {experiment['name']!r}. {_OWN_NAME}"


_OWN_NAME = "Give each a name of its own."


def name_mistake(sweep):
    """What is wrong with the name of a sweep, which may come from a file's name; None if nothing is."""
    if sweep.lower() in RESERVED_SWEEPS:  # on some systems the names of files are the same in upper case
        return reserved(sweep)
    name = load_schema()["$defs"]["name"]
    if not re.fullmatch(name["pattern"], sweep):
        return f"{sweep!r}, from the file's name, is not allowed. Expected: {name['description']}. Set the key sweep."
    return None


def reserved(name):
    """What is wrong with a sweep or machine whose name is another folder's."""
    return f"{name!r} is the name of another folder there. Choose another name."


def _experiment_mistakes(experiment, files, base):
    """files: for workloads and backends {name: the file or name that it stands for}, of all experiments so far."""
    if experiment["scaling"] == "weak" and "default" in experiment["workers"]:
        yield ["workers"], "weak scaling needs numbers of workers, not 'default'."
    for key, folder, read in _PARTS:
        for place, item in enumerate(experiment[key]):
            if item is None:  # the schema has told what is wrong with it
                continue
            for text in _part_mistakes(key[:-1], item, folder, read, base):
                yield [key, place], text
            file = named(item)[0]
            if files[key].setdefault(Path(file).stem, file) != file:
                yield [key, place], f"a second {key[:-1]} {Path(file).stem!r}. {_OWN_NAME}"
    count = _count_runs(experiment)
    if count > MOST_RUNS:
        fewer = "Set fewer rounds, workers, switch intervals or values to sweep"
        yield [], f"asks for {count:,} runs. {fewer}: at most {MOST_RUNS:,} can be planned."


_PARTS = (
    ("backends", catalog.BACKENDS, catalog.read_backend),
    ("workloads", catalog.WORKLOADS, catalog.read_workload),
)


def _count_runs(experiment):
    """How many runs an experiment has on each build, at most; `workers: auto` counts as one."""
    axes = [experiment["switch_intervals"], () if experiment["workers"] == "auto" else experiment["workers"]]
    parts = [sum(_choices(named(item)[1]) for item in experiment[key] if item) for key, _, _ in _PARTS]
    return experiment["rounds"] * math.prod(max(1, len(axis)) for axis in axes) * math.prod(parts)


def _choices(params):
    """How many choices there are among the swept values of an entry."""
    swept = [value["sweep"] for value in params.values() if isinstance(value, dict) and "sweep" in value]
    return math.prod(len(values) for values in swept if isinstance(values, list))


def named(item):
    """(name or path, params) of an entry of `workloads` or `backends`."""
    if isinstance(item, str):
        return item, {}
    ((text, params),) = item.items()
    return str(text), params or {}


def _part_mistakes(kind, item, folder, read, base):
    """What is wrong with an entry of `workloads` or `backends`: its name, its file, its parameters."""
    text, params = named(item)
    known = catalog.names(folder)
    if not catalog.is_own(text) and text not in known:
        yield f"unknown {kind} {shown(text)}. {nearest(text, known)} A file of your own is named by its path."
        return
    try:
        part = read(text, base)
        if kind == "workload":
            catalog.auto_parameter(part, params)
    except catalog.CatalogError as error:
        yield f"{error}."
        return
    for name in part.required:
        if name not in params:
            yield f"{kind} {part.name!r} needs a value for its parameter {name!r}, which has no default."
    for name, value in params.items():
        yield from _parameter_mistakes(kind, part, name, value)


def _parameter_mistakes(kind, part, name, value):
    is_alias = (kind, name, value) == ("workload", "size", catalog.AUTO)
    is_free = part.any_parameter and isinstance(name, str)
    if name not in part.parameters and not is_free and not is_alias:
        yield f"{kind} {part.name!r} has no parameter {shown(name)}. {nearest(str(name), sorted(part.parameters))}"
    if not _is_json(value):
        kinds = "numbers, texts, true, false, null, and lists and mappings of them"
        yield f"parameter {shown(name)}: {shown(value)} is no value of JSON. Expected: {kinds}."
    elif problem := _unfit(value, name):
        yield f"{problem}. No record can hold it."
    is_swept = isinstance(value, dict) and "sweep" in value
    if is_swept and not (len(value) == 1 and isinstance(value["sweep"], list) and value["sweep"]):
        yield f"parameter {shown(name)}: a swept value is {{sweep: [value, …]}} with at least one value."


def _unfit(value, name):
    """What no record of a run may hold in a parameter, or None."""
    choices = value["sweep"] if isinstance(value, dict) and isinstance(value.get("sweep"), list) else [value]
    try:
        for choice in choices:
            value_types.check_json({name: choice}, f"parameter {shown(name)}")
    except value_types.RecordError as error:
        return str(error)


def _is_json(value):
    """Whether a value comes back from JSON as it was; numbers as keys, say, do not."""
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        return json.loads(text.encode()) == value
    except (TypeError, ValueError, RecursionError):
        return False
