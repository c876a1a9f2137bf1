"""What it takes to send a workload's tasks to another process and their results back: bytes, and seconds of pickling."""

import pickle
from time import perf_counter

from gil_scaling.measure import workload as workloads
from gil_scaling.measure.check import run_in_sequence
from gil_scaling.measure.run import Jobs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gil_scaling.measure.interfaces import Record


def measure(spec: "Record") -> "Record":
    """The bytes of all arguments and results as pickled, and the seconds to pickle and unpickle them, of one sample.

    spec: as that of run.run. Raises what the workload or pickle raises.
    """
    workload = workloads.load(spec["reference"])
    with workload.open_context(spec["params"]) as context:
        job = Jobs(spec, workload, context).make()
        start = perf_counter()
        sent = [pickle.dumps(argument) for argument in job.arguments]
        for item in sent:
            pickle.loads(item)
        sending_s = perf_counter() - start
        results = run_in_sequence(job)
        start = perf_counter()
        returned = [pickle.dumps(result) for result in results]
        for item in returned:
            pickle.loads(item)
        sending_s += perf_counter() - start
    return {"bytes": sum(map(len, sent + returned)), "seconds": sending_s}
