"""Checks a config: all mistakes at once, each with its place and what would be right."""

import difflib
import json
import re
from copy import deepcopy
from pathlib import Path

import jsonschema
import yaml

from scripts import catalog
from scripts.child import ROOT
from scripts.places import Places

SCHEMA = Path(ROOT, "config/config.schema.yaml")

RESERVED_SWEEPS = ("runs", "pythons", "expected", "logs", "rounds", "compare", "machine.json")
OF_COMPARE = ("compare", "fail_if_slower")  # which no sweep depends on
NOT_INHERITED = ("machine", "sweep", "cpus", "on_noise", "seed", "experiments", *OF_COMPARE)


class ConfigError(Exception):
    """A config that cannot be run; `mistakes` holds a line for each mistake."""

    def __init__(self, mistakes):
        self.mistakes = list(mistakes)
        super().__init__("\n".join(self.mistakes))


def load_schema():
    """The schema of the config."""
    return yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))


def checked(config, files=(), base="."):
    """The config with its defaults filled in, for the experiments too; raises ConfigError with all mistakes.

    config: as Snakemake merged it; files: the YAML files it came from, the strongest last, for the places in the
    messages; base: the folder that paths of workloads are relative to.
    """
    schema = load_schema()
    config = _with_versions(_with_seconds(deepcopy(config)))
    line = Places(files).line
    found = list(_schema_mistakes(config, schema))
    if not found:
        config = with_defaults(config, schema)
        found = list(_meaning_mistakes(config, base))
    if found:
        raise ConfigError(line(path, text) for path, text in found)
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


def _with_seconds(config):
    """YAML 1.1 reads 1e-6 as a string; where seconds are meant, it is a number."""
    for part in [config, *_mappings(config.get("experiments"))]:
        if "timeout" in part:
            part["timeout"] = _seconds(part["timeout"])
        if isinstance(part.get("switch_intervals"), list):
            part["switch_intervals"] = [_seconds(value) for value in part["switch_intervals"]]
    return config


def _with_versions(config):
    """YAML reads 3.12 as a number, which can mean one version only; 3.1 may mean 3.10 and stays a mistake."""
    for part in [config, *_mappings(config.get("experiments"))]:
        if isinstance(part.get("pythons"), list):
            part["pythons"] = [
                str(value) if isinstance(value, float) and re.fullmatch(r"3\.\d\d", str(value)) else value
                for value in part["pythons"]
            ]
    return config


def _mappings(values):
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


def _seconds(value):
    is_number = isinstance(value, str) and re.fullmatch(r"\d+(\.\d*)?[eE][-+]?\d+", value)
    return float(value) if is_number else value


# ---- what the schema says


def _schema_mistakes(config, schema):
    validator = jsonschema.Draft202012Validator(schema)
    for error in sorted(validator.iter_errors(config), key=lambda error: list(map(str, error.absolute_path))):
        yield from _explain(error, schema)


def _explain(error, schema):
    """(path, text) for each mistake that an error of the schema stands for."""
    path = list(error.absolute_path)
    if error.validator == "additionalProperties" and isinstance(error.schema.get("properties"), dict):
        known = sorted(error.schema["properties"])
        for key in sorted(set(map(str, error.instance)) - set(known)):
            yield [*path, key], f"unknown key {key!r}. {nearest(key, known)}"
    elif error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        for key in missing:
            yield [*path, key], "is missing."
    elif error.validator == "anyOf":
        yield from _explain_choice(error, schema, path)
    else:
        yield path, _not_allowed(error.instance, error.schema, path)


def _explain_choice(error, schema, path):
    """Of the alternatives the one that the value's own kind means: its mistakes, if they lie deeper."""
    if isinstance(error.instance, float) and "pythons" in path:
        yield path, _version_as_number(error.instance)
        return
    for branch in error.context:
        if len(branch.absolute_path) > len(path) or branch.validator in ("additionalProperties", "required"):
            deeper = [e for e in error.context if e.schema_path[0] == branch.schema_path[0]]
            for inner in deeper:
                yield from _explain(inner, schema)
            return
    yield path, _not_allowed(error.instance, error.schema, path)


def _not_allowed(value, schema, path):
    meaning = schema.get("description")
    if not meaning:
        kinds = {"integer": "a whole number", "number": "a number", "string": "a text in quotes"}
        kind = schema.get("type")
        meaning = {"object": "a mapping", "array": "a list", "boolean": "true or false"}.get(kind) or kinds.get(kind)
    if value in ([], {}):
        return f"is empty. Expected: {meaning}."
    return f"{value!r:.80} is not allowed. Expected: {meaning}."


def _version_as_number(value):
    return f"YAML read the number {value}, which may mean {value} or {value}0. Write the version in quotes."


def nearest(word, known):
    """A hint at the nearest of the known words, and all of them."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    return f"{hint}Known: {', '.join(known) or 'none'}."


# ---- what the schema cannot say


def _meaning_mistakes(config, base):
    if config["machine"] == "compare":
        yield ["machine"], reserved("compare")
    files = {"workloads": {}, "backends": {name: name for name in catalog.names(catalog.BACKENDS)}}
    for index, experiment in enumerate(config["experiments"]):
        for path, text in _experiment_mistakes(experiment, files, base):
            yield ["experiments", index, *path], text
        if experiment["name"] in [other["name"] for other in config["experiments"][:index]]:
            yield ["experiments", index, "name"], f"a second experiment {experiment['name']!r}. {_OWN_NAME}"


_OWN_NAME = "Give each a name of its own."


def name_mistake(sweep):
    """What is wrong with the name of a sweep, which may come from a file's name; None if nothing is."""
    if sweep in RESERVED_SWEEPS:
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
            for text in _part_mistakes(key[:-1], item, folder, read, base):
                yield [key, place], text
            file = named(item)[0]
            if files[key].setdefault(Path(file).stem, file) != file:
                yield [key, place], f"a second {key[:-1]} {Path(file).stem!r}. {_OWN_NAME}"


_PARTS = (
    ("backends", catalog.BACKENDS, catalog.read_backend),
    ("workloads", catalog.WORKLOADS, catalog.read_workload),
)


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
        yield f"unknown {kind} {text!r}. {nearest(text, known)} A file of your own is named by its path."
        return
    try:
        part = read(text, base)
    except catalog.CatalogError as error:
        yield f"{error}."
        return
    if kind == "workload":
        try:
            catalog.auto_parameter(part, params)
        except catalog.CatalogError as error:
            yield f"{error}."
    for name, value in params.items():
        is_alias = (kind, name, value) == ("workload", "size", catalog.AUTO)
        if name not in part.parameters and not part.any_parameter and not is_alias:
            yield f"{kind} {part.name!r} has no parameter {name!r}. {nearest(str(name), sorted(part.parameters))}"
        if not _is_json(value):
            kinds = "numbers, texts, true, false, null, and lists and mappings of them"
            yield f"parameter {name!r}: {value!r:.60} is no value of JSON. Expected: {kinds}."
        is_swept = isinstance(value, dict) and "sweep" in value
        if is_swept and not (len(value) == 1 and isinstance(value["sweep"], list) and value["sweep"]):
            yield f"parameter {name!r}: a swept value is {{sweep: [value, …]}} with at least one value."


def _is_json(value):
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True
