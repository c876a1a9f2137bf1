"""What it takes to send a workload's tasks to another process and their results back: bytes, and seconds of pickling."""

import pickle
from time import perf_counter

from gil_scaling.measure import workload as workloads
from gil_scaling.measure.check import run_in_sequence
from gil_scaling.measure.run import Jobs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gil_scaling.measure.interfaces import Record


def measure(spec: "Record") -> "Record":
    """The bytes of all arguments and results as pickled, and the seconds to pickle and unpickle them, of one sample.

    spec: as that of run.run. Raises what the workload or pickle raises.
    """
    workload = workloads.load(spec["reference"])
    with workload.open_context(spec["params"]) as context:
        job = Jobs(spec, workload, context).make()
        sent_bytes, sending_s = _send(job.arguments)
        returned_bytes, returning_s = _send(run_in_sequence(job))
    return {"bytes": sent_bytes + returned_bytes, "seconds": sending_s + returning_s}


def _send(values: "list[Any]") -> "tuple[int, float]":
    """The bytes of values as pickled, and the seconds to pickle and unpickle them."""
    start = perf_counter()
    sent = [pickle.dumps(value) for value in values]
    for item in sent:
        pickle.loads(item)
    seconds = perf_counter() - start
    return sum(map(len, sent)), seconds
