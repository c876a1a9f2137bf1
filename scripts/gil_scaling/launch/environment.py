"""How a build is started: its environment, the same for the probe and for the measured runs."""

import os

SCRIPTS = os.path.dirname(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
)  # the folder that jobs and builds get on PYTHONPATH

THREAD_LIMITS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
_SET_BY_SNAKEMAKE = ("GOTO_NUM_THREADS", "VECLIB_NUM_THREADS", "GIL_SCALING_CALL")


def environment(own, hash_seed=0, inherited=os.environ):
    """The environment of a measured build: what the user's Python variables set is gone, what its entry sets counts.

    own: the variables of the build's entry; hash_seed: equal for all the runs that are compared.
    """
    result = {
        name: value
        for name, value in inherited.items()
        if not name.startswith("PYTHON") and name not in _SET_BY_SNAKEMAKE
    }
    result.update(dict.fromkeys(THREAD_LIMITS, "1"))
    result.update(PYTHON_JIT="0", PYTHONHASHSEED=str(hash_seed))
    result.update(own)
    result["PYTHONPATH"] = os.pathsep.join(filter(None, (SCRIPTS, own.get("PYTHONPATH"))))
    return result
