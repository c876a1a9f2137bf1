"""Workloads and backends, read from their source without running it."""

import ast
import hashlib
import json
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gil_scaling.launch.environment import SCRIPTS

WORKLOADS = Path(SCRIPTS, "gil_scaling/measure/workloads")
BACKENDS = Path(SCRIPTS, "gil_scaling/measure/backends")

_PACKAGE = "gil_scaling.measure.workloads"
AUTO = "auto"
SHARING = ("own", "read", "written", "locked")  # what the workers do to one object, in the order of the ladder
KINDS = ("sequential", "threads", "processes", "interpreters", "coroutines")
_GIVEN = ("context", "workers")  # parameters that the measuring side fills in
_Function = ast.FunctionDef | ast.AsyncFunctionDef


class CatalogError(Exception):
    """A workload or backend file that cannot be used; the message gives the reason."""


@dataclass(frozen=True)
class Workload:
    """A workload file as its source declares it.

    reference: name or absolute path, as the measuring side loads it; parameters: all names; required: those without a
    default; defaults: the values of those whose default is a literal; files: {absolute path: SHA-256 of its bytes} of all
    files that the digest covers.
    """

    name: str
    reference: str
    digest: str
    parameters: tuple[str, ...]
    defaults: dict[str, Any] = field(repr=False)
    files: dict[str, str] = field(default_factory=dict, repr=False)
    required: tuple[str, ...] = ()
    any_parameter: bool = False
    takes_workers: bool = False
    shares: bool = False
    waits: bool = False
    starts_threads: bool = False
    no_speedup: bool = False
    sharing: str | None = None


@dataclass(frozen=True)
class Backend:
    """A backend file as its source declares it; fields as those of Workload.

    kind: one of KINDS; together: whether it supports `start: together`; digest: None for a built-in backend, which the
    protocol version stands for.
    """

    name: str
    kind: str
    one_thread_per_gil: bool
    together: bool
    reference: str
    digest: str | None
    parameters: tuple[str, ...]
    defaults: dict[str, Any] = field(repr=False)
    files: dict[str, str] = field(default_factory=dict, repr=False)
    required: tuple[str, ...] = ()
    any_parameter: bool = False


def names(folder: Path) -> list[str]:
    """The names of the workloads or backends in a folder, sorted."""
    return sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))


def read_workload(text: str, base: str | Path) -> Workload:
    """The workload of a name, or of a path (one with a slash or .py), relative to base.

    Raises CatalogError for a file that is missing, does not parse, or lacks `tasks` or `task`.
    """
    path, is_custom = _locate(text, WORKLOADS, base)
    tree = _parse(path, text)
    functions = {node.name: node for node in tree.body if isinstance(node, _Function)}
    bound = functions.keys() | _bound(tree)
    missing = [name for name in ("tasks", "task") if name not in bound]
    if missing:
        raise CatalogError(f"workload {text!r} lacks the function {missing[0]!r}")
    arguments = [functions[name].args for name in ("tasks", "context") if name in functions]
    taken = [argument.arg for each in arguments for argument in each.args + each.kwonlyargs]
    optional = {*_GIVEN, *(name for each in arguments for name in _default_nodes(each))}
    defaults = {name: value for each in arguments for name, value in _defaults(each).items()}
    sources = _own_sources(path)
    return Workload(
        name=path.stem,
        reference=str(path) if is_custom else path.stem,
        digest=_digest(sources),
        files=_file_digests(sources),
        parameters=tuple(dict.fromkeys(name for name in taken if name not in _GIVEN)),
        required=tuple(dict.fromkeys(name for name in taken if name not in optional)),
        defaults={name: value for name, value in defaults.items() if name not in _GIVEN},
        any_parameter="tasks" not in functions or any(each.kwarg is not None for each in arguments),
        takes_workers="workers" in taken,
        shares="shared" in bound,
        waits=_is_true(tree, "waits"),
        starts_threads=_is_true(tree, "starts_threads"),
        no_speedup=_is_true(tree, "no_speedup"),
        sharing=_choice(tree, "sharing", SHARING, f"workload {text!r}"),
    )


def read_backend(text: str, base: str | Path) -> Backend:
    """The backend of a name, or of a path (one with a slash or .py), relative to base.

    Raises CatalogError for a file that is missing, does not parse, or lacks `run`.
    """
    path, is_custom = _locate(text, BACKENDS, base)
    tree = _parse(path, text)
    runs = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "run"]
    if not runs:
        raise CatalogError(f"backend {text!r} lacks the function 'run'")
    arguments = runs[-1].args
    parameters = tuple(argument.arg for argument in (arguments.args + arguments.kwonlyargs)[1:])
    sources = _own_sources(path) if is_custom else {}
    return Backend(
        name=path.stem,
        kind=_choice(tree, "kind", KINDS, f"backend {text!r}") or "threads",
        one_thread_per_gil=_is_true(tree, "one_thread_per_gil"),
        together=_is_true(tree, "together"),
        reference=str(path) if is_custom else path.stem,
        digest=_digest(sources) if is_custom else None,
        files=_file_digests(sources),
        parameters=parameters,
        required=tuple(name for name in parameters if name not in _default_nodes(arguments)),
        defaults=_defaults(arguments),
        any_parameter=arguments.kwarg is not None,
    )


def auto_parameter(workload: Workload, given: Mapping[str, Any]) -> str | None:
    """The parameter of a workload whose value is `auto`, so that its size is calibrated; None if there is none.

    given: {parameter: value} of its entry. Only whole numbers are calibrated. `size: auto` stands for the first of them if
    the workload has no parameter `size`. Raises CatalogError for more than one, and if there is no whole number.
    """
    whole = [name for name in workload.parameters if _is_whole(workload.defaults.get(name))]
    wanted = [name for name, value in given.items() if value == AUTO and name in (*whole, *_alias(workload))]
    if len(wanted) > 1:
        raise CatalogError(
            f"workload {workload.name!r}: {' and '.join(wanted)} are both auto; only one can be calibrated"
        )
    if not wanted or wanted[0] in whole:
        return wanted[0] if wanted else None
    if not whole:
        raise CatalogError(
            f"workload {workload.name!r} has no parameter whose default is a whole number, so `auto` cannot be calibrated"
        )
    return whole[0]


def _alias(workload: Workload) -> tuple[str, ...]:
    return () if "size" in workload.parameters or workload.any_parameter else ("size",)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_custom(text: str) -> bool:
    """Whether a workload or backend is named by the path of a user's file."""
    return "/" in text or text.endswith(".py")


def _locate(text: str, folder: Path, base: str | Path) -> tuple[Path, bool]:
    """The path of the file that a name or path stands for, and whether it is a user's file."""
    if not is_custom(text):
        return folder / f"{text}.py", False
    try:
        return (Path(base) / Path(text).expanduser()).resolve(), True
    except (OSError, RuntimeError, ValueError) as error:
        raise CatalogError(f"{text!r} is not a path: {error}") from error


def _parse(path: Path, text: str) -> ast.Module:
    try:
        if path.exists() and not path.is_file():
            raise CatalogError(f"{text!r} is not a file")
        with tokenize.open(path) as file:  # decodes as the file declares, and names what it cannot decode
            return ast.parse(file.read())
    except OSError as error:
        raise CatalogError(f"{text!r} cannot be read: {error.strerror}") from error
    except SyntaxError as error:
        line = f"line {error.lineno}: " if error.lineno else ""
        raise CatalogError(f"{text!r} is not Python: {line}{error.msg}") from error
    except ValueError as error:
        raise CatalogError(f"{text!r} is not Python: {error}") from error
    except (RecursionError, MemoryError) as error:
        raise CatalogError(f"{text!r} is nested too deeply") from error


def _bound(tree: ast.Module) -> set[str]:
    """The names that imports and assignments bind at module level."""
    bound: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Assign):
            bound |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return bound


def _is_true(tree: ast.Module, name: str) -> bool:
    return True in _constants(tree, name)


def _choice(tree: ast.Module, name: str, choices: tuple[str, ...], where: str) -> str | None:
    """The constant that a module assigns to a name, one of choices; None if it assigns none."""
    values = _constants(tree, name)
    wrong = [value for value in values if value not in choices]
    if wrong:
        raise CatalogError(f"{where}: unknown {name} {wrong[-1]!r}. Known: {', '.join(choices)}")
    return str(values[-1]) if values else None


def _constants(tree: ast.Module, name: str) -> list[Any]:
    """The constants that a module assigns to a name."""
    return [
        node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
        and isinstance(node.value, ast.Constant)
    ]


def _default_nodes(arguments: ast.arguments) -> dict[str, ast.expr]:
    """{name: default} of the arguments that have a default."""
    positional = arguments.args[len(arguments.args) - len(arguments.defaults) :]
    pairs = [*zip(positional, arguments.defaults, strict=True)]
    pairs += [(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d]
    return {argument.arg: default for argument, default in pairs}


def _defaults(arguments: ast.arguments) -> dict[str, Any]:
    """{name: value} of the arguments whose default is a literal that a record can hold."""
    values = {}
    for name, default in _default_nodes(arguments).items():
        try:
            value = ast.literal_eval(default)
            json.dumps(value, sort_keys=True, allow_nan=False)
        except (ValueError, TypeError):
            continue
        values[name] = list(value) if isinstance(value, tuple) else value
    return values


def _own_sources(path: Path) -> dict[Path, bytes]:
    """The source of a file and of the modules in its folder that it imports, directly or not."""
    sources: dict[Path, bytes] = {}
    todo = [path]
    while todo:
        file = todo.pop(0)
        if file in sources or not file.is_file():
            continue
        try:
            sources[file] = file.read_bytes()
            tree = ast.parse(sources[file])
        except OSError as error:
            raise CatalogError(
                f"{path.name!r} imports {file.name!r}, which cannot be read: {error.strerror}"
            ) from error
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in ast.walk(tree):
            todo += sorted(file.parent / f"{name}.py" for name in _imported(node))
    return sources


def _digest(sources: Mapping[Path, bytes]) -> str:
    """A digest of source files and their names, not of the folder that they lie in."""
    state = hashlib.sha256()
    for path, source in sources.items():
        state.update(f"{path.name}\n{len(source)}\n".encode() + source)
    return state.hexdigest()[:16]


def _file_digests(sources: Mapping[Path, bytes]) -> dict[str, str]:
    return {str(path): hashlib.sha256(source).hexdigest() for path, source in sources.items()}


def _imported(node: ast.AST) -> Iterable[str]:
    """The names of the modules that a node imports, as if they were in the folder of the file."""
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    if not isinstance(node, ast.ImportFrom):
        return set()
    module = node.module or ""
    if module == _PACKAGE or not module:
        return {alias.name for alias in node.names}
    return {module.removeprefix(f"{_PACKAGE}.").partition(".")[0]}
