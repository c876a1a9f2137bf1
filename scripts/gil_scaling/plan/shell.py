"""What each shell command of a job begins with."""

import os
import shlex
import sys

from gil_scaling.launch.environment import SCRIPTS


def shell_prefix() -> str:
    """The beginning of each shell command: `python` is this Python, which finds our modules from everywhere.

    A module of that name in the working directory, or in the user's PYTHONPATH, does not hide them. Settings of the user
    that turn warnings into failures, change what is written, or keep a job from ending do not apply to our jobs.
    """
    path, root = shlex.quote(os.path.dirname(sys.executable)), shlex.quote(SCRIPTS)
    text = (
        "set -euo pipefail; unset PYTHONINSPECT PYTHONIOENCODING PYTHONWARNINGS; "
        f'export PATH={path}:"$PATH" PYTHONPATH={root}"${{PYTHONPATH:+:$PYTHONPATH}}" PYTHONSAFEPATH=1 PYTHONUTF8=1; '
    )
    text += _python_of_another_name()
    return text.replace("{", "{{").replace("}", "}}")  # Snakemake fills in what is in braces


def _python_of_another_name() -> str:
    """A shell function `python` for this Python if its folder has none, or another one, as /usr/bin may have."""
    beside = os.path.join(os.path.dirname(sys.executable), "python")
    if os.path.exists(beside) and os.path.samefile(beside, sys.executable):
        return ""
    return f'python() {{ {shlex.quote(sys.executable)} "$@"; }}; '
