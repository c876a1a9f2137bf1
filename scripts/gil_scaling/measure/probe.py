"""What a build is, as it reports itself."""

import hashlib
import os
import platform
import re
import sys
import sysconfig

from gil_scaling.measure import packages
from gil_scaling.measure.worker import gil_enabled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def probe() -> "dict[str, Any]":
    """The facts of this build; under `files` and `package_folders` the paths of its executable, library and packages."""
    free_threaded = sysconfig.get_config_var("Py_GIL_DISABLED") == 1
    jit: Any = getattr(sys, "_jit", None)
    arguments = _configure_arguments()
    files = {"executable": os.path.realpath(sys.executable), "libpython": _libpython()}
    major, minor = sys.version_info[:2]
    return {
        "label": f"{major}.{minor}{'t' if free_threaded else ''}",
        "version": platform.python_version(),
        "version_text": sys.version,
        "implementation": sys.implementation.name,
        "compiler": platform.python_compiler(),
        "configure_arguments": arguments,
        "pgo": any(argument.startswith("--enable-optimizations") for argument in arguments),
        "lto": any(argument.startswith("--with-lto") for argument in arguments),
        "free_threaded": free_threaded,
        "gil": gil_enabled(),
        "jit": {
            "available": jit.is_available() if jit else False,
            "enabled": jit.is_enabled() if jit else False,
        },
        "default_switch_interval_s": sys.getswitchinterval(),
        "digests": {name: path and _digest(path) for name, path in files.items()},
        "files": files,
        "packages": packages.packages(),
        "package_folders": packages.folders(),
    }


def _configure_arguments() -> list[str]:
    """The arguments of `configure` without the paths of the machine that built it."""
    text = sysconfig.get_config_var("CONFIG_ARGS") or ""
    arguments = [quoted or plain for quoted, plain in re.findall(r"'([^']*)'|(\S+)", text)]
    return [argument for argument in arguments if "/" not in argument]


def _libpython() -> "str | None":
    """The path of the shared libpython in use, or None where the executable holds it all."""
    try:
        with open("/proc/self/maps") as maps:
            paths = {line.split(None, 5)[5].strip() for line in maps if "libpython" in line}
        return os.path.realpath(sorted(paths)[0]) if paths else None
    except OSError:
        folder, name = map(sysconfig.get_config_var, ("LIBDIR", "INSTSONAME"))
        path = os.path.join(folder or "", name or "")
        return os.path.realpath(path) if name and name.endswith((".so", ".dylib")) else None


def _digest(path: str) -> "str | None":
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except OSError:
        return None
