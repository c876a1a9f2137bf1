"""The environment variables of a build, the same for the probe and for measured runs."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# The folder that jobs and builds get on PYTHONPATH
SCRIPTS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

THREAD_LIMITS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "POLARS_MAX_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
_SET_BY_SNAKEMAKE = ("GOTO_NUM_THREADS", "VECLIB_NUM_THREADS", "GIL_SCALING_CALL")


def environment(
    build_env: Mapping[str, str], hash_seed: int = 0, inherited: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """The environment of a measured build: without the user's PYTHON* variables, with those of the build's entry.

    Modules in the working directory, that of the user, hide no others (PYTHONSAFEPATH, from Python 3.11 on).
    hash_seed: the same for all runs that are compared.
    """
    variables = {
        name: value
        for name, value in inherited.items()
        if not name.startswith("PYTHON") and name not in _SET_BY_SNAKEMAKE
    }
    variables.update(dict.fromkeys(THREAD_LIMITS, "1"))
    variables.update(PYTHON_JIT="0", PYTHONHASHSEED=str(hash_seed), PYTHONSAFEPATH="1")
    variables.update(build_env)
    variables["PYTHONPATH"] = os.pathsep.join(filter(None, (SCRIPTS, build_env.get("PYTHONPATH"))))
    return variables
