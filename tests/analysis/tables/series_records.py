"""Records of threads over several worker counts or sizes, for the tests of scaling and break-even tables."""

from tests.support import make_record

DRIFT = (1.0, 1.5, 0.8, 1.2, 2.0, 0.9)


def records_of(speedup, counts, **spec):
    """Records of a sequential 8 s and of threads that reach speedup(workers), over six rounds of a machine that drifts."""
    specs = []
    for number, drift in enumerate(DRIFT, 1):
        specs.append((8.0 * drift, {"backend": "sequential", "workers": 1, "round": number, **spec}))
        specs += [(8.0 * drift / speedup(workers), {"workers": workers, "round": number, **spec}) for workers in counts]
    return numbered(make_record(total_s=total_s, spec=changes) for total_s, changes in specs)


def records_of_sizes(ratio_at, name="n"):
    """Records at four sizes of a workload, where two threads are faster than sequential by ratio_at(size)."""
    return numbered(
        record
        for size in (10, 100, 1000, 10_000)
        for record in records_of(lambda _, size=size: ratio_at(size), (2,), params={name: size, "count": 2})
    )


def numbered(records):
    """The records with unique names of their runs."""
    return [{**record, "run": f"r{number}"} for number, record in enumerate(records)]
