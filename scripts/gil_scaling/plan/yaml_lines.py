"""Finds the file and line of a config's values, for messages."""

import json
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

KeyPath = list[str | int]  # the keys and indexes that lead to a value
_Duplicate = tuple[KeyPath, int, int]  # path, its line, the line of the first

_YAML_ERRORS = (  # the loader raises them, some for tags that do not fit their values
    yaml.YAMLError,
    *(ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
)


def shown(value: object, max_length: int = 80) -> str:
    """A value in a message: on one line, shortened if it is long."""
    try:
        text = repr(value)
    except ValueError:  # Python writes out no more than 4,300 digits
        text = "a number of thousands of digits"
    return text if len(text) <= max_length else f"{text[: max_length - 1]}…"


def _dotted(path: KeyPath) -> str:
    text = ""
    for part in path:
        name = part if isinstance(part, str) and re.fullmatch(r"[\w./-]{1,80}", part) else shown(part)
        text += f"[{part}]" if type(part) is int else f".{name}" if text else name
    return text or "config"


class Places:
    """The YAML files of a config in increasing precedence, to find the file and line of a mistake.

    config: as merged by Snakemake; values that differ from the files were set by --config.
    """

    def __init__(self, files: Sequence[str | Path], config: Mapping[Any, Any] | None = None) -> None:
        self.config = config or {}
        self.files = [(str(file), *_read(file)) for file in files]

    def line(self, path: KeyPath, text: str) -> str:
        """The message of a mistake: file and line if they are known, key path, text."""
        path = self._inherited(path)
        for file, node, values, _ in reversed(self.files):
            number = _line_of(node, path)
            if number is not None and self._is_from(values, path):
                return f"{file}:{number}: {_dotted(path)}: {text}"
        where = f"{self.files[-1][0]}: " if self.files and not path else "--config: " if self.files else ""
        return f"{where}{_dotted(path)}: {text}"

    def duplicates(self) -> list[str]:
        """A message for each key that occurs twice in a mapping, of which YAML would silently use the last."""
        return [
            f"{file}:{number}: {_dotted(path)}: a second key {shown(path[-1])}; the first is in line {first}. Keep one of them."
            for file, _, _, duplicates in self.files
            for path, number, first in duplicates
        ]

    def _inherited(self, path: KeyPath) -> KeyPath:
        """The path of a value; if an experiment inherits it from the top level, the path there.

        The experiment on the workload of the key `workload` has nothing of its own but that.
        """
        if path[:1] == ["experiments"] and self.config.get("workload") is not None:
            return path[2:] if len(path) > 2 and path[2] in self.config else ["workload"]
        if len(path) > 2 and path[0] == "experiments":
            experiment = self.config["experiments"][path[1]] if "experiments" in self.config else None
            is_set = isinstance(experiment, dict) and path[2] in experiment
            if not is_set and path[2] in self.config:
                return path[2:]
        return path

    def _is_from(self, values: Mapping[Any, Any], path: KeyPath) -> bool:
        if not path or path[0] not in self.config:
            return True
        return shown(self.config[path[0]], 10**6) == shown(values.get(path[0]), 10**6)


def syntax_mistake(file: str | Path) -> str | None:
    """Why a YAML file is not a config, with file and line; None if it may be one. Raises OSError if it cannot be read."""
    try:
        text = Path(file).read_text(encoding="utf-8")
        with suppress(ValueError):
            return _not_a_mapping(file, json.loads(text))
        value = yaml.load(text, yaml.FullLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return f"{file}:{mark.line + 1 if mark else 1}: is not valid YAML: {error.problem or error.context}."
    except RecursionError:
        return f"{file}: is nested too deeply."
    except _YAML_ERRORS as error:
        return f"{file}: is not valid YAML: {' '.join(str(error).split())}."
    return _not_a_mapping(file, value)


def _not_a_mapping(file: str | Path, value: object) -> str | None:
    return None if isinstance(value, dict) else f"{file}: must be a mapping of keys to values."


def _read(file: str | Path) -> tuple[yaml.Node | None, Mapping[Any, Any], list[_Duplicate]]:
    """The node tree of a YAML file, its values, and its duplicate keys; empty if it cannot be read."""
    try:
        text = Path(file).read_text(encoding="utf-8")
        loader = yaml.FullLoader(text)  # as Snakemake's
        node = loader.get_single_node()
        duplicates = list(_duplicates(node, [], set()))
        values = loader.construct_document(node)  # merges (<<) in the tree, too
    except (OSError, RecursionError, *_YAML_ERRORS):
        return None, {}, []
    try:
        values = json.loads(text, object_pairs_hook=OrderedDict)
    except ValueError:
        pass
    return node, values if isinstance(values, dict) else {}, duplicates


def _duplicates(node: yaml.Node | None, path: KeyPath, seen: set[int]) -> Iterator[_Duplicate]:
    """The keys of a node tree that occur twice in their mapping."""
    if isinstance(node, yaml.ScalarNode) or node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _duplicates(item, [*path, index], seen)
        return
    first: dict[tuple[str, str], int] = {}
    for key, value in node.value:
        name = (key.tag, str(key.value))
        if name in first and key.tag != "tag:yaml.org,2002:merge":
            yield [*path, key.value], key.start_mark.line + 1, first[name]
        first.setdefault(name, key.start_mark.line + 1)
        yield from _duplicates(value, [*path, key.value], seen)


def _line_of(node: yaml.Node | None, path: KeyPath) -> int | None:
    """The line of a path in a node tree; for a missing key, the line of the mapping that lacks it."""
    for depth, part in enumerate(path):
        child = None
        if isinstance(node, yaml.MappingNode):
            child = next((value for key, value in reversed(node.value) if _key(key) == part), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            child = node.value[part]
        if child is None:
            is_parent = depth == len(path) - 1 and depth > 0
            return node.start_mark.line + 1 if node is not None and is_parent else None
        node = child
    return None if node is None else node.start_mark.line + 1


def _key(node: yaml.Node) -> Any:
    """A key as it is in the config: YAML reads some as numbers, booleans or null."""
    return yaml.FullLoader("").construct_object(node, deep=True)
