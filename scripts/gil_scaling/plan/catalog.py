"""What workloads and backends there are, read from their source without running it."""

import ast
import hashlib
import json
import tokenize
from dataclasses import dataclass, field
from pathlib import Path

from gil_scaling.launch.environment import SCRIPTS

WORKLOADS = Path(SCRIPTS, "gil_scaling/measure/workloads")
BACKENDS = Path(SCRIPTS, "gil_scaling/measure/backends")

_PACKAGE = "gil_scaling.measure.workloads"
AUTO = "auto"
SHARING = ("own", "read", "written", "locked")  # what the workers do to one object, in the order of the ladder
_GIVEN = ("context", "workers")  # what the measuring side fills in


class CatalogError(Exception):
    """A workload or backend file that cannot serve; the message says why."""


@dataclass(frozen=True)
class Workload:
    """What is known of a workload file before it runs.

    parameters: its names; required: of those without a default; defaults: the values of those whose default is a literal.
    """

    name: str
    reference: str
    digest: str
    parameters: tuple
    defaults: dict = field(repr=False)
    required: tuple = ()
    any_parameter: bool = False
    takes_workers: bool = False
    shares: bool = False
    waits: bool = False
    starts_threads: bool = False
    no_speedup: bool = False
    sharing: str | None = None


@dataclass(frozen=True)
class Backend:
    """What is known of a backend file before it runs; digest is None for those that come with the workflow."""

    name: str
    one_thread_per_gil: bool
    reference: str
    digest: str | None
    parameters: tuple
    defaults: dict = field(repr=False)
    required: tuple = ()
    any_parameter: bool = False


def names(folder):
    """The names found in a folder of workloads or backends, sorted."""
    return sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))


def read_workload(text, base):
    """The workload of a name, or of a path (one with a slash or .py), relative to base.

    Raises CatalogError for a file that is not there, does not parse, or lacks `tasks` or `task`.
    """
    path, own = _place(text, WORKLOADS, base)
    tree = _parse(path, text)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    bound = functions.keys() | _bound(tree)
    missing = [name for name in ("tasks", "task") if name not in bound]
    if missing:
        raise CatalogError(f"workload {text!r} lacks the function {missing[0]!r}")
    defaults, taken, optional, any_parameter = {}, [], set(_GIVEN), "tasks" not in functions
    for name in ("tasks", "context"):
        if name in functions:
            arguments = functions[name].args
            taken += [argument.arg for argument in arguments.args + arguments.kwonlyargs]
            any_parameter |= arguments.kwarg is not None
            optional |= _with_default(arguments).keys()
            defaults.update(_defaults(arguments))
    return Workload(
        name=path.stem,
        reference=str(path) if own else path.stem,
        digest=_digest(path),
        parameters=tuple(dict.fromkeys(name for name in taken if name not in _GIVEN)),
        required=tuple(dict.fromkeys(name for name in taken if name not in optional)),
        defaults={name: value for name, value in defaults.items() if name not in _GIVEN},
        any_parameter=any_parameter,
        takes_workers="workers" in taken,
        shares="shared" in bound,
        waits=_constant(tree, "waits"),
        starts_threads=_constant(tree, "starts_threads"),
        no_speedup=_constant(tree, "no_speedup"),
        sharing=_sharing(tree, text),
    )


def read_backend(text, base):
    """The backend of a name, or of a path (one with a slash or .py), relative to base.

    Raises CatalogError for a file that is not there, does not parse, or lacks `run`.
    """
    path, own = _place(text, BACKENDS, base)
    tree = _parse(path, text)
    runs = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "run"]
    if not runs:
        raise CatalogError(f"backend {text!r} lacks the function 'run'")
    arguments = runs[-1].args
    parameters = tuple(argument.arg for argument in (arguments.args + arguments.kwonlyargs)[1:])
    return Backend(
        name=path.stem,
        one_thread_per_gil=_constant(tree, "one_thread_per_gil"),
        reference=str(path) if own else path.stem,
        digest=_digest(path) if own else None,
        parameters=parameters,
        required=tuple(name for name in parameters if name not in _with_default(arguments)),
        defaults=_defaults(arguments),
        any_parameter=arguments.kwarg is not None,
    )


def auto_parameter(workload, given):
    """The parameter of a workload whose value `auto` asks for the size to be found; None where there is none.

    given: {parameter: value} of its entry. Only whole numbers are found. `size: auto` stands for the first of them where the
    workload has no parameter `size`. Raises CatalogError for more than one, and where there is none to be found.
    """
    whole = [name for name in workload.parameters if _is_whole(workload.defaults.get(name))]
    wanted = [name for name, value in given.items() if value == AUTO and name in (*whole, *_alias(workload))]
    if len(wanted) > 1:
        raise CatalogError(f"workload {workload.name!r}: {' and '.join(wanted)} are both auto; only one can be found")
    if not wanted or wanted[0] in whole:
        return wanted[0] if wanted else None
    if not whole:
        raise CatalogError(f"workload {workload.name!r} has no parameter with a whole number as default to be found")
    return whole[0]


def _alias(workload):
    return () if "size" in workload.parameters or workload.any_parameter else ("size",)


def _is_whole(value):
    return isinstance(value, int) and not isinstance(value, bool)


def is_own(text):
    """Whether a workload or backend is named by the path of a file of the user's own."""
    return "/" in text or text.endswith(".py")


def _place(text, folder, base):
    """The path of the file that a name or path means, and whether it is the user's own."""
    if not is_own(text):
        return folder / f"{text}.py", False
    try:
        return (Path(base) / Path(text).expanduser()).resolve(), True
    except (OSError, RuntimeError, ValueError) as error:
        raise CatalogError(f"{text!r} is no path: {error}") from error


def _parse(path, text):
    try:
        if path.exists() and not path.is_file():
            raise CatalogError(f"{text!r} is no file")
        return ast.parse(_source(path))
    except OSError as error:
        raise CatalogError(f"{text!r} cannot be read: {error.strerror}") from error
    except SyntaxError as error:
        line = f"line {error.lineno}: " if error.lineno else ""
        raise CatalogError(f"{text!r} is not Python: {line}{error.msg}") from error
    except ValueError as error:
        raise CatalogError(f"{text!r} is not Python: {error}") from error
    except (RecursionError, MemoryError) as error:
        raise CatalogError(f"{text!r} is nested too deeply") from error


def _source(path):
    """The text of a Python file, in the encoding that it declares."""
    with tokenize.open(path) as file:
        return file.read()


def _bound(tree):
    """The names that imports and assignments bind at the top of a module."""
    bound = set()
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Assign):
            bound |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return bound


def _constant(tree, name):
    """Whether a module sets a name to True."""
    return True in _constants(tree, name)


def _sharing(tree, text):
    """What the workload's tasks share, one of SHARING; None where it does not say."""
    found = _constants(tree, "sharing")
    if not set(found) <= set(SHARING):
        raise CatalogError(f"workload {text!r} has sharing = {found[-1]!r}, which is none of {', '.join(SHARING)}")
    return found[-1] if found else None


def _constants(tree, name):
    """The constants that a module assigns to a name."""
    return [
        node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
        and isinstance(node.value, ast.Constant)
    ]


def _with_default(arguments):
    """{name: source of its default} of the arguments that have one."""
    with_default = arguments.args[len(arguments.args) - len(arguments.defaults) :]
    pairs = list(zip(with_default, arguments.defaults, strict=True))
    pairs += [(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d]
    return {argument.arg: default for argument, default in pairs}


def _defaults(arguments):
    """{name: value} of the arguments whose default is a literal that a record can hold."""
    found = {}
    for name, default in _with_default(arguments).items():
        try:
            value = ast.literal_eval(default)
            json.dumps(value, sort_keys=True, allow_nan=False)
        except (ValueError, TypeError):
            continue
        found[name] = list(value) if isinstance(value, tuple) else value
    return found


def _digest(path):
    """A digest of a file's source and of the modules in its folder that it imports, theirs too."""
    seen, todo, state = set(), [path], hashlib.sha256()
    while todo:
        file = todo.pop(0)
        if file in seen or not file.is_file():
            continue
        seen.add(file)
        try:
            source = _source(file)
            state.update(f"{file.name}\n{len(source)}\n{source}".encode())
            tree = ast.parse(source)
        except OSError as error:
            raise CatalogError(
                f"{path.name!r} imports {file.name!r}, which cannot be read: {error.strerror}"
            ) from error
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in ast.walk(tree):
            todo += sorted(file.parent / f"{name}.py" for name in _imported(node))
    return state.hexdigest()[:16]


def _imported(node):
    """The names of the modules that a node imports, as they would be called if they lay beside the file."""
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    if not isinstance(node, ast.ImportFrom):
        return set()
    module = node.module or ""
    if module == _PACKAGE or not module:
        return {alias.name for alias in node.names}
    return {module.removeprefix(f"{_PACKAGE}.").partition(".")[0]}
