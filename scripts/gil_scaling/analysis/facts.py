"""Reads the files beside the tables, also those of other people: plans, facts of machines and builds, configs."""

import json
import math
import re
from contextlib import contextmanager

import jsonschema
import yaml

from gil_scaling.result_set import read_bytes
from gil_scaling.text import printable
from gil_scaling.value_types import MAX_NUMBER, RecordError, check_json

MOST_BYTES = 2**20  # of the facts of a machine or build, and of a config
_MOST_OF_PLAN = 100 * 2**20  # bytes
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")

_NAMED = {"type": "string", "pattern": f"^{NAME.pattern}\\Z"}
_TEXT, _TRUTH = {"type": "string", "maxLength": 10_000}, {"type": "boolean"}
_NUMBER = {"type": "number", "minimum": 0, "maximum": MAX_NUMBER}
_TEXTS = {"type": "array", "items": _TEXT}
_MACHINE = {"type": "object", "properties": {"usable_cpus": {"type": "integer", "minimum": 1, "maximum": 100_000}}}
_CONFIG = {
    "type": "object",
    "properties": {
        "experiments": {
            "type": "array",
            "items": {"type": "object", "required": ["name"], "properties": {"name": _TEXT}},
        }
    },
}
_BUILD = {
    "type": "object",
    "required": ["name", "implementation", "version", "gil", "free_threaded", "compiler", "pgo", "lto", "jit"],
    "properties": {
        "name": _NAMED,
        **dict.fromkeys(("implementation", "version", "compiler", "fingerprint"), _TEXT),
        **dict.fromkeys(("gil", "free_threaded", "pgo", "lto"), _TRUTH),
        "jit": {
            "type": "object",
            "required": ["available", "enabled"],
            "additionalProperties": {"type": ["boolean", "null"]},
        },
        "options": _TEXTS,
        "configure_arguments": _TEXTS,
        "env": {"type": "object", "additionalProperties": _TEXT},
    },
}
_LATER = {"options": [], "configure_arguments": [], "env": {}, "fingerprint": ""}  # of a build's facts, where they lack
_PLAN = {
    "type": "object",
    "required": ["machine", "sweep", "builds", "experiments", "noise_sweep", "runs"],
    "properties": {
        **dict.fromkeys(("machine", "sweep", "noise_sweep"), _NAMED),
        "builds": {"type": "array", "items": {"type": "string", "pattern": f"^pythons/{NAME.pattern}\\.json\\Z"}},
        "experiments": {"type": "array", "items": _NAMED},
        "sizes": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["parameter", "value", "workload", "python", "seconds"],
                "properties": {
                    **dict.fromkeys(("parameter", "workload", "python"), _TEXT),
                    **dict.fromkeys(("value", "seconds"), _NUMBER),
                },
            },
        },
        "runs": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["run", "waits", "uses"],
                "properties": {
                    "run": {"type": "string", "pattern": "^[^/\\0]{1,250}\\Z"},
                    **dict.fromkeys(("waits", "no_speedup"), _TRUTH),
                    "sharing": {"type": ["string", "null"], "maxLength": 60},
                    "uses": {
                        "type": "array",
                        "minItems": 1,
                        "items": {
                            "type": "object",
                            "required": ["experiment", "role", "reference", "is_ceiling"],
                            "properties": {
                                **dict.fromkeys(("experiment", "reference"), _NAMED),
                                "role": {"enum": ["asked", "baseline", "ceiling"]},
                                "is_ceiling": _TRUTH,
                            },
                        },
                    },
                },
            },
        },
    },
}


class Unusable(Exception):
    """A file that cannot be used as a whole; the message says why."""


def known(path, read, *arguments):
    """What a file holds, as a function gives it that takes its path; a message that it cannot be used names the file then."""
    try:
        return read(path, *arguments)
    except Unusable as error:
        raise Unusable(f"{path}: {error}") from None


@contextmanager
def ending_where_unusable():
    """Ends the program with the message, and without a traceback, where a file cannot be used."""
    try:
        yield
    except Unusable as error:
        raise SystemExit(str(error)) from None


def plan(path):
    """The plan of a sweep; raises Unusable."""
    found = _json(path, _PLAN, _MOST_OF_PLAN)
    if len({one["run"] for one in found["runs"]}) < len(found["runs"]):
        raise Unusable("names a run twice")
    return found


def machine_facts(path, needed=()):
    """The facts of a machine.json, with those that are needed; raises Unusable."""
    return _json(path, {**_MACHINE, "required": needed})


def build_facts(path):
    """The facts of a pythons/<name>.json; raises Unusable, also where they are another build's."""
    found = {**_LATER, **_json(path, _BUILD)}
    if found["name"] != path.stem:
        raise Unusable(f"tells of the build {found['name']!r}")
    return found


def _json(path, schema, most=MOST_BYTES):
    try:
        found = json.loads(text(path, most))
    except (ValueError, RecursionError) as error:
        raise Unusable(f"is no JSON: {error}") from None
    return _fitting(found, schema)


def _fitting(found, schema):
    """The values, where files of ours can hold them and the schema allows them; raises Unusable."""
    try:
        check_json(found, "its values", math.inf)
    except RecordError as error:
        raise Unusable(str(error)) from None
    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(found))
    if error is not None:
        raise Unusable(f"{printable(error.json_path)}: {printable(error.message):.200}")
    return found


class _Loader(yaml.SafeLoader):
    """Reads YAML, but no aliases: a few lines of them may stand for billions of values."""

    def compose_node(self, parent, index):
        if self.check_event(yaml.AliasEvent):
            raise Unusable("holds aliases")
        return super().compose_node(parent, index)


_OF_YAML = (  # what its reader raises, also for tags that do not fit their values
    yaml.YAMLError,
    *(ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError),
)


def config(path):
    """The mapping in a config.yaml; raises Unusable."""
    try:
        found = yaml.load(text(path, MOST_BYTES), _Loader)
        json.dumps(found, default=str)  # dates and lists are no keys
    except _OF_YAML:
        raise Unusable("is no YAML") from None
    if not isinstance(found, dict):
        raise Unusable("is no mapping")
    return _fitting(found, _CONFIG)


def text(path, most):
    """The text of a file; raises Unusable where it has more than so many bytes, is no text, or cannot be read."""
    try:
        return read_bytes(path, most).decode()
    except (OSError, ValueError) as error:
        raise Unusable(f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
