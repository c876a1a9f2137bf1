"""How far a call of Snakemake is: the line that is printed after each run."""

import json
import os
import time

VARIABLE = "GIL_SCALING_CALL"


def announce(runs, plan, clock=time.time):
    """Notes in the environment, for the jobs of this call of Snakemake, which call it is, its plan and its number of runs."""
    if VARIABLE in os.environ:  # on a cluster each job reads the Snakefile again
        return
    now = clock()
    call = {
        "id": f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime(now))}-{os.getpid()}",
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
        "pid": os.getpid(),
        "host": os.uname().nodename,
        "runs": runs,
        "plan": str(plan),
    }
    os.environ[VARIABLE] = json.dumps(call)


def current_call():
    """The call that this job belongs to: id, time, pid and host of Snakemake, number of runs, path of the plan."""
    return json.loads(os.environ[VARIABLE])


def advance(call, began, clock=time.time):
    """Counts one more run of the call, begun at the time `began`; returns (runs done, seconds left)."""
    path = os.path.join(os.path.dirname(call["plan"]), f"{call['id']}.progress")
    with open(path, "a+") as file:
        if not file.tell():
            file.write(f"{began}\n")
        file.write(f"{clock()}\n")
        file.seek(0)
        times = [float(line) for line in file]
    done = len(times) - 1
    return done, (times[-1] - times[0]) / done * max(call["runs"] - done, 0)


def line(done, runs, spec, workers, outcome, left_s):
    """For example: [ 37/480] 3.14t py_loop thread w4 round 2: 0.53 s, about 3 min left."""
    width = len(str(runs))
    what = f"{spec['python']} {spec['workload']} {spec['backend']} w{workers} round {spec['round']}"
    left = "" if done >= runs else f", about {duration(max(1, round(left_s)))} left"
    return f"[{done:>{width}}/{max(runs, done)}] {what}: {outcome}{left}"


def duration(seconds):
    """A time as one reads it: 0.53 s, 12 s, 3 min, 2 h 05 min."""
    if seconds < 1e-3:
        return f"{seconds * 1e6:.3g} µs"
    if seconds < 1:
        return f"{seconds * 1e3:.3g} ms" if seconds < 0.1 else f"{seconds:.2g} s"
    if seconds < 100:
        return f"{seconds:.3g} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02} min"
