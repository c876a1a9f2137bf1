"""What a process costs."""

import os
import subprocess
import sys
import time

from tests.support import ROOT


def run(arguments, cwd=ROOT, command=sys.executable, **environment):
    """Runs Python until its end; returns {wall_s, cpu_s of it and all that it waited for, peak_mb of the largest of these}."""
    # Without the variables of the caller: with PYTHONDONTWRITEBYTECODE each launcher would compile its modules anew.
    others = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    own = {**others, "PYTHONPATH": f"{ROOT / 'scripts'}:{ROOT}", **environment}
    began = time.perf_counter()
    with subprocess.Popen([command, *map(str, arguments)], cwd=cwd, env=own, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall_s = time.perf_counter() - began
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, arguments))}: exit status {process.returncode}")
    return {"wall_s": wall_s, "cpu_s": usage.ru_utime + usage.ru_stime, "peak_mb": usage.ru_maxrss / 1024}
