"""Tells where in its YAML files a mistake of a config stands."""

import json
import re
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path

import yaml

_OF_YAML = (  # what its reader raises, also for tags that do not fit their values
    yaml.YAMLError,
    *(ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
)


def shown(value, most=80):
    """A value in a message: on one line, and cut where it is long."""
    try:
        text = repr(value)
    except ValueError:  # Python writes out no more than 4,300 digits
        text = "a number of thousands of digits"
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _dotted(path):
    text = ""
    for part in path:
        name = part if isinstance(part, str) and re.fullmatch(r"[\w./-]{1,80}", part) else shown(part)
        text += f"[{part}]" if type(part) is int else f".{name}" if text else name
    return text or "config"


class Places:
    """The YAML files that a config came from, the strongest last, to tell where in them a mistake stands.

    config: as Snakemake merged it; what differs there from the files was set by --config.
    """

    def __init__(self, files, config=None):
        self.config = config or {}
        self.files = [(str(file), *_read(file)) for file in files]

    def line(self, path, text):
        """The line that tells of a mistake: file and line where they are known, key path, what is wrong."""
        path = self._where_it_is_set(path)
        for file, node, values, _ in reversed(self.files):
            number = _line_of(node, path)
            if number is not None and self._is_from(values, path):
                return f"{file}:{number}: {_dotted(path)}: {text}"
        where = f"{self.files[-1][0]}: " if self.files and not path else "--config: " if self.files else ""
        return f"{where}{_dotted(path)}: {text}"

    def doubles(self):
        """A line for each key that stands twice in a mapping, of which YAML would silently take the last."""
        return [
            f"{file}:{number}: {_dotted(path)}: a second key {shown(path[-1])}, the first is in line {first}. Keep one of them."
            for file, _, _, doubles in self.files
            for path, number, first in doubles
        ]

    def _where_it_is_set(self, path):
        """The path of a value; of one that an experiment has from the top level, the path there."""
        if len(path) > 2 and path[0] == "experiments":
            experiment = self.config["experiments"][path[1]] if "experiments" in self.config else None
            has_own = isinstance(experiment, dict) and path[2] in experiment
            if not has_own and path[2] in self.config:
                return path[2:]
        return path

    def _is_from(self, values, path):
        if not path or path[0] not in self.config:
            return True
        return shown(self.config[path[0]], 10**6) == shown(values.get(path[0]), 10**6)


def unreadable(file):
    """The line that tells why a YAML file holds no config, None where it may hold one; OSError of the file is the caller's."""
    try:
        text = Path(file).read_text(encoding="utf-8")
        with suppress(ValueError):
            return _not_a_mapping(file, json.loads(text))
        found = yaml.load(text, yaml.FullLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return f"{file}:{mark.line + 1 if mark else 1}: is no YAML: {error.problem or error.context}."
    except RecursionError:
        return f"{file}: is nested too deeply."
    except _OF_YAML as error:
        return f"{file}: is no YAML: {' '.join(str(error).split())}."
    return _not_a_mapping(file, found)


def _not_a_mapping(file, found):
    return None if isinstance(found, dict) else f"{file}: is no mapping. Expected: keys with their values."


def _read(file):
    """The tree of a YAML file, its values, and the keys that stand twice; of a file that cannot be read, nothing."""
    try:
        text = Path(file).read_text(encoding="utf-8")
        loader = yaml.FullLoader(text)  # as Snakemake's
        node = loader.get_single_node()
        doubles = list(_doubles(node, [], set()))
        values = loader.construct_document(node)  # which puts what is merged (<<) into the tree, too
    except (OSError, RecursionError, *_OF_YAML):
        return None, {}, []
    try:
        values = json.loads(text, object_pairs_hook=OrderedDict)
    except ValueError:
        pass
    return node, values if isinstance(values, dict) else {}, doubles


def _doubles(node, path, seen):
    """(path, line, line of the first) for each key of a YAML tree that stands twice in its mapping."""
    if isinstance(node, yaml.ScalarNode) or node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for place, item in enumerate(node.value):
            yield from _doubles(item, [*path, place], seen)
        return
    first = {}
    for key, value in node.value:
        name = (key.tag, str(key.value))
        if name in first and key.tag != "tag:yaml.org,2002:merge":
            yield [*path, key.value], key.start_mark.line + 1, first[name]
        first.setdefault(name, key.start_mark.line + 1)
        yield from _doubles(value, [*path, key.value], seen)


def _line_of(node, path):
    """The line of a path in a YAML tree; of a key that is missing, the line of the mapping that lacks it."""
    for depth, part in enumerate(path):
        child = None
        if isinstance(node, yaml.MappingNode):
            child = next((value for key, value in reversed(node.value) if _key(key) == part), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            child = node.value[part]
        if child is None:
            return node.start_mark.line + 1 if node is not None and depth == len(path) - 1 and depth else None
        node = child
    return None if node is None else node.start_mark.line + 1


def _key(node):
    """A key as it is in the config: YAML reads some as numbers, truth values or null."""
    return yaml.FullLoader("").construct_object(node, deep=True)
