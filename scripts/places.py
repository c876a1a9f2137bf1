"""Tells where in its YAML files a mistake of a config stands."""

from pathlib import Path

import yaml


def _dotted(path):
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text or "config"


class Places:
    """The YAML files that a config came from, the strongest last, to tell where in them a mistake stands."""

    def __init__(self, files):
        self.files = [(str(file), _compose(file)) for file in files]

    def line(self, path, text):
        """The line that tells of a mistake: file and line where they are known, key path, what is wrong."""
        for file, node in reversed(self.files):
            number = _line_of(node, path)
            if number is not None:
                return f"{file}:{number}: {_dotted(path)}: {text}"
        where = f"{self.files[-1][0]}: " if self.files and not path else "--config: " if self.files else ""
        return f"{where}{_dotted(path)}: {text}"


def _compose(file):
    try:
        return yaml.compose(Path(file).read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        return None


def _line_of(node, path):
    """The line of a path in a YAML tree; of a key that is missing, the line of the mapping that lacks it."""
    for depth, part in enumerate(path):
        child = None
        if isinstance(node, yaml.MappingNode):
            child = next((value for key, value in node.value if key.value == str(part)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            child = node.value[part]
        if child is None:
            return node.start_mark.line + 1 if node is not None and depth == len(path) - 1 and depth else None
        node = child
    return None if node is None else node.start_mark.line + 1
