"""Workloads and backends, read from their source without running it."""

import ast
import json
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gil_scaling.launch.environment import SCRIPTS
from gil_scaling.plan import own_modules, requirements

WORKLOADS = Path(SCRIPTS, "gil_scaling/measure/workloads")
BACKENDS = Path(SCRIPTS, "gil_scaling/measure/backends")

AUTO = "auto"
BETTER = ("lower", "higher")  # which values of a metric are better
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
    files that the digest covers; is_coroutine: whether it has no blocking form; better: {metric: one of BETTER};
    counterpart: the name of the workload that it is compared with, None without one; requires: the requirements of its
    `# /// script` block.
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
    is_coroutine: bool = False
    sharing: str | None = None
    better: dict[str, str] = field(default_factory=dict)
    counterpart: str | None = None
    requires: tuple[str, ...] = ()


@dataclass(frozen=True)
class Backend:
    """A backend file as its source declares it; fields as those of Workload.

    kind: one of KINDS; together: whether it supports `start: together`; digest: None for a built-in backend, which the
    protocol version stands for; choices: {parameter: the values that it accepts}; snippet: how it is written by hand, with {workers}
    in place of their number, None without one.
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
    choices: dict[str, tuple[Any, ...]] = field(default_factory=dict, repr=False)
    snippet: str | None = None


def names(folder: Path) -> list[str]:
    """The names of the workloads or backends in a folder, sorted."""
    return sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))


def read_workload(text: str, base: str | Path) -> Workload:
    """The workload of a name, of a path (one with a slash or .py) relative to base, or of the dotted name of a module there.

    Raises CatalogError for a file that is missing, does not parse, parses sys.argv when it is imported, or lacks `tasks`,
    or both `task` and `task_async`.
    """
    path, root = _locate(text, WORKLOADS, base)
    tree = _parse(path, text)
    functions = {node.name: node for node in _top_level(tree) if isinstance(node, _Function)}
    bound = _bound(tree)
    _check_bound(bound, text)
    _check_import(tree, text)
    _check_functions(tree, bound, text)
    is_coroutine = "task" not in bound or isinstance(functions.get("task"), ast.AsyncFunctionDef)
    arguments = [functions[name].args for name in ("tasks", "context") if name in functions]
    taken = [argument.arg for each in arguments for argument in each.args + each.kwonlyargs]
    optional = {*_GIVEN, *(name for each in arguments for name in _default_nodes(each))}
    defaults = {name: value for each in arguments for name, value in _defaults(each).items()}
    sources = _read_sources(path, root or path.parent)
    return Workload(
        name=path.stem,
        reference=_reference(path, root),
        digest=own_modules.digest(sources),
        files=own_modules.file_digests(sources),
        parameters=tuple(dict.fromkeys(name for name in taken if name not in _GIVEN)),
        required=tuple(dict.fromkeys(name for name in taken if name not in optional)),
        defaults={name: value for name, value in defaults.items() if name not in _GIVEN},
        any_parameter="tasks" not in functions or any(each.kwarg is not None for each in arguments),
        takes_workers="workers" in taken,
        shares="shared" in bound,
        waits=_is_true(tree, "waits"),
        starts_threads=_is_true(tree, "starts_threads"),
        no_speedup=_is_true(tree, "no_speedup"),
        is_coroutine=is_coroutine and ANY not in bound,
        sharing=_choice(tree, "sharing", SHARING, f"workload {text!r}"),
        better=_better(tree, text),
        counterpart=_counterpart(tree, text),
        requires=_read_requirements(sources[path], text),
    )


def read_backend(text: str, base: str | Path) -> Backend:
    """The backend of a name, of a path (one with a slash or .py) relative to base, or of the dotted name of a module there.

    Raises CatalogError for a file that is missing, does not parse, or lacks `run`.
    """
    path, root = _locate(text, BACKENDS, base)
    tree = _parse(path, text)
    runs = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "run"]
    if not runs:
        raise CatalogError(f"backend {text!r} lacks the function 'run'")
    arguments = runs[-1].args
    every = arguments.posonlyargs + arguments.args
    parameters = tuple(argument.arg for argument in (every + arguments.kwonlyargs)[1:])
    sources = _read_sources(path, root) if root else {}
    return Backend(
        name=path.stem,
        kind=_choice(tree, "kind", KINDS, f"backend {text!r}") or "threads",
        one_thread_per_gil=_is_true(tree, "one_thread_per_gil"),
        together=_is_true(tree, "together"),
        reference=_reference(path, root),
        digest=own_modules.digest(sources) if root else None,
        files=own_modules.file_digests(sources),
        parameters=parameters,
        required=tuple(name for name in parameters if name not in _default_nodes(arguments)),
        defaults=_defaults(arguments),
        any_parameter=arguments.kwarg is not None,
        choices=_choices(tree),
        snippet=_snippet(tree),
    )


def _snippet(tree: ast.Module) -> str | None:
    """How a backend is written by hand: its `snippet`, or that of the built-in backend `snippet_of` with its own `start_method`."""
    if other := _text(tree, "snippet_of"):
        main, method = 'if __name__ == "__main__":\n', _text(tree, "start_method")
        own = _text(_parse(BACKENDS / f"{other}.py", other), "snippet") or ""
        return "import multiprocessing\n" + own.replace(
            main, f'{main}    multiprocessing.set_start_method("{method}")\n'
        )
    return _text(tree, "snippet")


def _text(tree: ast.Module, name: str) -> str | None:
    """The text that a module assigns to a name, None without one."""
    return next((value for value in _constants(tree, name) if isinstance(value, str)), None)


def auto_parameter(workload: Workload, given: Mapping[str, Any]) -> str | None:
    """The parameter of a workload whose value is `auto`, so that its size is calibrated; None if there is none.

    given: {parameter: value} of its entry. Only whole numbers are calibrated. `size: auto` stands for the first of them if
    the workload has no parameter `size`. Raises CatalogError for more than one, and if there is no whole number.
    """
    whole = [name for name in workload.parameters if is_whole(workload.defaults.get(name))]
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


def without_auto(workload: Workload, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an entry without the size to calibrate; another parameter may have the value "auto"."""
    names = {auto_parameter(workload, given), *_alias(workload)}
    return {name: value for name, value in given.items() if not (name in names and value == AUTO)}


def _alias(workload: Workload) -> tuple[str, ...]:
    return () if "size" in workload.parameters or workload.any_parameter else ("size",)


def is_whole(value: object) -> bool:
    """Whether a value is a whole number; booleans are not."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_custom(text: str) -> bool:
    """Whether a workload or backend is named by the path of a user's file, or by the dotted name of a user's module."""
    return "/" in text or "." in text


def is_dotted(text: str) -> bool:
    """Whether a text is the dotted name of a user's module."""
    return "." in text and "/" not in text and not text.endswith(".py")


def module_path(text: str, folder: Path) -> Path:
    """The path that the module of a dotted name has in a folder."""
    return folder / f"{text.replace('.', '/')}.py"


def _locate(text: str, folder: Path, base: str | Path) -> tuple[Path, Path | None]:
    """The path of the file that a name stands for, and the folder that it is imported from; None for a built-in one.

    A file in a package is imported from the folder above the outermost package.
    """
    if not is_custom(text):
        return folder / f"{text}.py", None
    try:
        if is_dotted(text):
            return _find_module(text, Path(base).resolve())
        path = (Path(base) / Path(text).expanduser()).resolve()
        return path, next(parent for parent in path.parents if not (parent / "__init__.py").is_file())
    except StopIteration:
        raise CatalogError(f"{text!r} is in a package that has no folder above it") from None
    except (OSError, RuntimeError, ValueError) as error:
        raise CatalogError(f"{text!r} is not a path: {error}") from error


def _find_module(name: str, root: Path) -> tuple[Path, Path]:
    path = module_path(name, root)
    if not path.is_file():
        raise CatalogError(f"there is no module {name!r} in the folder where Snakemake runs, nor in that of the config")
    return path, root


def name_of(text: str) -> str:
    """The name of the workload or backend that a name, path or dotted name stands for."""
    return text.rpartition(".")[2] if is_dotted(text) else Path(text).stem


def _read_requirements(source: bytes, text: str) -> tuple[str, ...]:
    try:
        return requirements.of_script(source.decode("utf-8", "replace"))
    except ValueError as error:
        raise CatalogError(f"workload {text!r}: {error}") from None


def _reference(path: Path, root: Path | None) -> str:
    """What the measuring side loads: a name, a path, or the path of a module in a package, with // before the package."""
    if root is None:
        return path.stem
    return str(path) if path.parent == root else f"{root}//{path.relative_to(root)}"


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


def _read_sources(path: Path, root: Path) -> dict[Path, bytes]:
    try:
        return own_modules.read_sources(path, root)
    except OSError as error:
        name = Path(error.filename).name
        raise CatalogError(f"{path.name!r} imports {name!r}, which cannot be read: {error.strerror}") from error


def _top_level(tree: ast.Module) -> Iterator[ast.AST]:
    """The nodes that are executed when a module is imported: those outside functions, classes and `if __name__ == …`."""
    todo: list[ast.AST] = list(tree.body)
    while todo:
        node = todo.pop(0)
        yield node
        is_guard = isinstance(node, ast.If) and any(
            isinstance(name, ast.Name) and name.id == "__name__" for name in ast.walk(node.test)
        )
        if not (is_guard or isinstance(node, _Function | ast.ClassDef | ast.Lambda)):
            todo += ast.iter_child_nodes(node)


_PARSERS = ("parse_args", "parse_known_args")
ANY = "*"  # among the names that a module binds: it may bind others, too


def _bound(tree: ast.Module) -> set[str]:
    """The names that a module binds, however; ANY where it imports all names of another one."""
    bound: set[str] = set()
    for node in _top_level(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, _Function | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
    return bound


def _check_bound(bound: set[str], text: str) -> None:
    if ANY in bound:  # only running the file can tell
        return
    if "tasks" not in bound:
        raise CatalogError(f"workload {text!r} lacks the function 'tasks'")
    if not bound & {"task", "task_async"}:
        raise CatalogError(f"workload {text!r} lacks the function 'task'")


def _check_import(tree: ast.Module, text: str) -> None:
    """Raises CatalogError for a file that parses the options of a program when it is imported."""
    for node in _top_level(tree):
        is_method = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if is_method and node.func.attr in _PARSERS and not (node.args or node.keywords):  # type: ignore[attr-defined]
            guard = 'move it under `if __name__ == "__main__":`'
            raise CatalogError(f"{text!r}: line {node.lineno}: the file parses sys.argv at import; {guard}")  # type: ignore[attr-defined]


_VALUES = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)


def _check_functions(tree: ast.Module, bound: set[str], text: str) -> None:
    """Raises CatalogError for a `tasks` that is a value, and for a `task` that does not take one argument."""
    for node in _assigned(tree, "tasks"):
        if isinstance(node, _VALUES):
            remedy = "it must be a function that returns the list of the tasks' arguments"
            raise CatalogError(f"workload {text!r}: line {node.lineno}: tasks is {ast.unparse(node):.60}, but {remedy}")
    for name in ("task", "task_async"):
        functions = [node for node in _top_level(tree) if isinstance(node, _Function) and node.name == name]
        is_certain = len(functions) == 1 and not (functions[0].decorator_list or _assigned(tree, name))
        if is_certain and not bound & {ANY, "run_on"}:
            _check_arguments(functions[0], 2 if "shared" in bound else 1, text)


def _check_arguments(function: ast.FunctionDef | ast.AsyncFunctionDef, given: int, text: str) -> None:
    """Raises CatalogError if a function cannot be called with so many positional arguments."""
    arguments = function.args
    names = [argument.arg for argument in arguments.posonlyargs + arguments.args]
    is_short = len(names) < given and not arguments.vararg
    if is_short or len(names) - len(arguments.defaults) > given or None in arguments.kw_defaults:
        call = f"{function.name}({ast.unparse(arguments)})"
        passed = "one item of what tasks() returns" + (" and what shared() returns" if given == 2 else "")
        raise CatalogError(
            f"workload {text!r}: line {function.lineno}: {call:.60} is called with {passed}. "
            "Take a tuple as one argument and unpack it in the function"
        )


def _is_true(tree: ast.Module, name: str) -> bool:
    return True in _constants(tree, name)


def _choice(tree: ast.Module, name: str, choices: tuple[str, ...], where: str) -> str | None:
    """The constant that a module assigns to a name, one of choices; None if it assigns none."""
    values = _constants(tree, name)
    wrong = [value for value in values if value not in choices]
    if wrong:
        raise CatalogError(f"{where}: unknown {name} {wrong[-1]!r}. Known: {', '.join(choices)}")
    return str(values[-1]) if values else None


def _better(tree: ast.Module, text: str) -> dict[str, str]:
    """Which values of its metrics a workload declares to be better, {} without a declaration."""
    found: dict[str, str] = {}
    for node in _assigned(tree, "better"):
        found = _literal(node)
        if not isinstance(found, dict) or not all(
            isinstance(name, str) and word in BETTER for name, word in found.items()
        ):
            raise CatalogError(
                f"workload {text!r}: better is {ast.unparse(node):.60}, but must be a literal mapping of metrics to 'lower' "
                "or 'higher', such as {'p99_ms': 'lower'}"
            )
    return found


def _counterpart(tree: ast.Module, text: str) -> str | None:
    """The counterpart that a workload declares, None if it declares none."""
    name = None
    for node in _assigned(tree, "counterpart"):
        name = _literal(node)
        if not isinstance(name, str) or is_custom(name):
            raise CatalogError(
                f"workload {text!r}: counterpart is {ast.unparse(node):.60}, but must be the name of a workload as tables have "
                "it, such as 'shared_append'"
            )
    return name


def _choices(tree: ast.Module) -> dict[str, tuple[Any, ...]]:
    """The values that a backend accepts for some of its parameters, {} without a declaration."""
    for declared in map(_literal, _assigned(tree, "choices")):
        if isinstance(declared, dict) and all(isinstance(values, tuple) for values in declared.values()):
            return declared
    return {}


def _literal(node: ast.expr) -> Any:
    """The value of a literal, None for any other expression."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        return None


def _constants(tree: ast.Module, name: str) -> list[Any]:
    """The constants that a module assigns to a name."""
    return [node.value for node in _assigned(tree, name) if isinstance(node, ast.Constant)]


def _assigned(tree: ast.Module, name: str) -> list[ast.expr]:
    """The expressions that a module assigns to a name, with an annotation or without."""
    found = []
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                found.append(node.value)
    return found


def _default_nodes(arguments: ast.arguments) -> dict[str, ast.expr]:
    """{name: default} of the arguments that have a default."""
    every = arguments.posonlyargs + arguments.args
    positional = every[len(every) - len(arguments.defaults) :]
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
