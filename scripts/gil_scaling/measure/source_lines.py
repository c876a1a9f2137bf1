"""The names and the text of the user's files, for the lines that were seen."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable

_MAX_LINES = 80  # of one function
_MAX_CHARACTERS = 200  # of one line
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # of our package


def relative_names(paths: "Iterable[str]", directory: str) -> "dict[str, str]":
    """{path: its name without the folders of this machine}: from the working directory, else from a folder that all share."""
    paths = list(paths)
    names = {}
    shared = os.path.commonpath([os.path.dirname(path) for path in paths]) if paths else ""
    for path in paths:
        roots = (root for root in (_ROOT, directory) if path.startswith(f"{root}{os.sep}"))
        names[path] = os.path.relpath(path, next(roots, shared))
    return names


def functions_around(path: str, lines: "Iterable[int]") -> "dict[int, str]":
    """{line: its text} of the functions that lines of a file are in; empty where the file cannot be read or parsed."""
    import ast  # here, as it is needed after a run only

    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        tree = ast.parse(text)
    except (OSError, ValueError, SyntaxError):
        return {}
    rows = text.splitlines()
    shown: set[int] = set()
    for line in lines:
        shown.update(_range_around(tree, line))
    return {line: rows[line - 1][:_MAX_CHARACTERS] for line in sorted(shown) if 1 <= line <= len(rows)}


def _range_around(tree: "ast.AST", line: int) -> range:
    """The lines of the innermost function around a line, at most _MAX_LINES near it; the line itself outside of functions."""
    import ast

    functions = [
        node
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    if not functions:
        return range(line, line + 1)
    inner = max(functions, key=lambda node: node.lineno)
    first, last = inner.lineno, inner.end_lineno or line
    first = max(first, line - _MAX_LINES // 2)
    return range(first, min(last, first + _MAX_LINES) + 1)
