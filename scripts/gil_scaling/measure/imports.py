"""What importing an installed package does to its process: time, threads, the GIL, libraries that may start threads."""

import importlib
import os
import re
import sys
import threading
import time
import warnings
from importlib import metadata

from gil_scaling.measure.thread_libraries import thread_libraries
from gil_scaling.measure.worker import gil_enabled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_GIL_WARNING = re.compile(r"GIL\) has been enabled to load module '([^']+)'")


def describe_import(name: str) -> "dict[str, Any]":
    """Imports the modules of a package into this process, which should be new, and describes what that does.

    seconds: None where the import fails, and error says why; gil_modules: those that switched the GIL on, as far as warnings of Python
    name them; threads: how many it starts; thread_libraries: as measure.thread_libraries.
    """
    modules = find_modules(name)
    had_gil, threads_before = gil_enabled(), _count_threads()
    seconds, error = None, None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        start = time.perf_counter()
        try:
            for module in modules:
                importlib.import_module(module)
            seconds = time.perf_counter() - start
        except BaseException as raised:
            error = f"{type(raised).__name__}: {raised}"
    switched = [match[1] for match in (_GIL_WARNING.search(str(each.message)) for each in caught) if match]
    return {
        "modules": modules,
        "seconds": seconds,
        "error": error,
        "gil_enabled": gil_enabled() and not had_gil,
        "gil_modules": switched,
        "threads": _count_threads() - threads_before,
        "thread_libraries": thread_libraries(),
    }


def find_modules(name: str) -> "list[str]":
    """The modules at the top of a package that users import: the one of its name, or else all that are public, sorted."""
    package = metadata.distribution(name)
    listed = (package.read_text("top_level.txt") or "").split()
    for file in () if listed else package.files or ():
        module = file.parts[0] if len(file.parts) > 1 else file.name.partition(".")[0]
        listed.append(module)
    public = sorted({module for module in listed if module.isidentifier() and not module.startswith("_")})
    same = [module for module in public if module.lower() == re.sub(r"[-.]+", "_", name).lower()]
    return same or public


def _count_threads() -> int:
    """The threads of this process, those of libraries included where the system tells."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return threading.active_count()


def main(name: str) -> None:
    """Prints what importing a package does, as JSON, on a line of its own; what the import prints comes before it."""
    import json

    text = json.dumps(describe_import(name))
    sys.stdout.flush()
    os.write(1, f"\n{text}\n".encode())
    os._exit(0)  # threads that the import started may keep it
