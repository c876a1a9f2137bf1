"""The user's own modules that a workload or backend imports, found in their sources without running them."""

import ast
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from gil_scaling.launch.environment import SCRIPTS

_PACKAGE = "gil_scaling.measure.workloads"
_FOLDER = Path(SCRIPTS, *_PACKAGE.split("."))  # whose workloads share modules, too


def read_sources(path: Path, root: Path) -> dict[Path, bytes]:
    """The source of a file, of its packages, and of the modules of the user that it imports, directly or not.

    root: the folder that these modules are imported from. Raises OSError, with the file's name, for one that cannot be read.
    """
    sources: dict[Path, bytes] = {}
    packages = [parent / "__init__.py" for parent in path.parents if root in parent.parents]
    todo = [path, *packages]
    while todo:
        file = todo.pop(0)
        if file in sources or not file.is_file():
            continue
        sources[file] = file.read_bytes()
        try:
            tree = ast.parse(sources[file])
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in ast.walk(tree):
            todo += _imported(node, file, root)
    return sources


def digest(sources: Mapping[Path, bytes]) -> str:
    """A digest of source files and their names, not of the folder that they are in."""
    state = hashlib.sha256()
    for path, source in sources.items():
        state.update(f"{path.name}\n{len(source)}\n".encode() + source)
    return state.hexdigest()[:16]


def file_digests(sources: Mapping[Path, bytes]) -> dict[str, str]:
    """{path: SHA-256} of source files."""
    return {str(path): hashlib.sha256(source).hexdigest() for path, source in sources.items()}


def _imported(node: ast.AST, file: Path, root: Path) -> Iterator[Path]:
    """The files that a node of a file may import, packages included, whether they exist or not."""
    for folder, names in _imported_names(node, file, root):
        for count in range(1, len(names) + 1):
            module = folder.joinpath(*names[:count])
            yield module.with_name(f"{module.name}.py")
            yield module / "__init__.py"


def _imported_names(node: ast.AST, file: Path, root: Path) -> Iterator[tuple[Path, list[str]]]:
    """(folder, names of packages and module in it) of each module that a node may import."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield root, alias.name.split(".")
    elif isinstance(node, ast.ImportFrom):
        module = node.module or ""
        folder = file.parents[node.level - 1] if 0 < node.level <= len(file.parents) else root
        if module == _PACKAGE or module.startswith(f"{_PACKAGE}."):
            folder, module = _FOLDER, module[len(_PACKAGE) + 1 :]
        parents = module.split(".") if module else []
        for alias in sorted(node.names, key=lambda alias: alias.name):
            yield folder, [*parents, alias.name]
