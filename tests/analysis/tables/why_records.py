"""What extra runs of the target `why` measured, made by hand."""


def make_measured(
    lines,
    *,
    cpu_s=1.0,
    span_s=2.0,
    tasks=1,
    workers=2,
    pauses=(0, 0.0),
    reference_s=None,
    run_queue_s=0.0,
    states=None,
    stops_others=True,
):
    """What one run measured; lines: {line of work.py: (running, waiting, held)} as the sampler saw them."""
    sums = [sum(each[part] for each in lines.values()) for part in (0, 1)]
    sample = {
        "total_s": 2.2,
        "work_s": 2.0,
        "task_cpu_s": cpu_s,
        "workers_used": workers,
        "tasks": tasks,
        "span_s": span_s,
    }
    seen = {
        "lines": [["work.py", line, "task", None, *seconds] for line, seconds in lines.items()],
        "states": {"running": sums[0], "lock": sums[1], "sleep": 0.0, "unknown": 0.0, **(states or {})},
        "texts": {"work.py": {str(line): f"    line {line}" for line in range(1, 7)}},
        "run_queue_s": run_queue_s,
        "ticks": 1000,
        "errors": 0,
        "method": "outside",
        "unreadable": None,
        "interval_s": 0.002,
        "window_s": 2.0,
        "cpu_s": 0.1,
    }
    samples = [{**sample, "is_sampled": flag} for flag in (False, True, False)]
    return {
        "samples": samples,
        "pauses": {"count": pauses[0], "seconds": pauses[1], "stops_others": stops_others},
        "gil": False,
        "reference_s": reference_s,
        "seen": seen,
    }
