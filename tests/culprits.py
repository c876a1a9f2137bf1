"""Counts how often the target `why` names a known culprit: `python -m tests.culprits [--rounds 10] [--only NAME …]`.

Each workload is swept once per build. Then in each round `why` looks anew for what keeps its threads from their bound, and
what its page names is compared with what is known: a line that takes more CPU time, a line that waits, a lock, an object. Of
the workloads without a culprit nothing should be named; 100 rounds of these show how often something is. It prints a Markdown
table. Leave the machine alone meanwhile.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from gil_scaling.analysis import tables
from gil_scaling.analysis.columns import WHY_TABLES
from gil_scaling.analysis.phrases import name_line
from gil_scaling.analysis.report.contention import name_lock, waited_locks
from gil_scaling.analysis.report.why import largest_lines
from gil_scaling.analysis.statistics.claims import FASTER
from gil_scaling.result_set import TABLES, WHY

from tests import tiny_sweep
from tests.support import ROOT

CPU_LINE, WAITING_LINE, LOCK, OBJECT = "CPU time in", "waiting in", "lock", "object"
FREE_THREADED, BOTH = ("3.14t",), ("3.14", "3.14t")
SWEEP = "results/test-machine/tiny"


class Culprit(NamedTuple):
    """What is known of a workload. expected: {kind: texts, of which the name that comes first has one}; empty for none."""

    builds: tuple[str, ...]
    expected: dict[str, tuple[str, ...]]


CULPRITS = {
    "shared_read": Culprit(FREE_THREADED, {CPU_LINE: ('if shared["value"]',), OBJECT: ("shared",)}),
    "shared_attribute": Culprit(FREE_THREADED, {CPU_LINE: ("shared.value",)}),
    "lock_counter": Culprit(BOTH, {WAITING_LINE: ("with shared.lock",), LOCK: ("self.lock = threading.Lock()",)}),
    "queue_handoff": Culprit(BOTH, {LOCK: ("queue.Queue()",)}),
    "shared_logger": Culprit(FREE_THREADED, {LOCK: ("StreamHandler",)}),
    "shared_cache": Culprit(FREE_THREADED, {CPU_LINE: ("square(",), OBJECT: ("`square`",)}),
    "shared_enum": Culprit(FREE_THREADED, {CPU_LINE: ("Color.RED.value",), OBJECT: ("`Color.RED`",)}),
    "shared_descriptor": Culprit(FREE_THREADED, {CPU_LINE: ("thing.value", "return 1"), OBJECT: ("`thing.value`",)}),
    **dict.fromkeys(("py_loop", "own_read", "own_attribute", "own_append"), Culprit(FREE_THREADED, {})),
}
_PARAMS = {  # shorter samples than by default, and more of them
    "lock_counter": {"n": 400, "count": 2},
    "shared_read": {"n": 250_000},
    "shared_attribute": {"n": 250_000},
    "shared_cache": {"n": 100_000},
    "shared_enum": {"n": 50_000},
    "shared_descriptor": {"n": 50_000},
    "py_loop": {"n": 250_000},
    "own_read": {"n": 250_000},
    "own_attribute": {"n": 250_000},
}


def sweep(folder, workload, build, rounds, workers):
    """Runs the sweep of a workload in a copy of the workflow with the target `why`, of which what is there is not made again."""
    changes = {
        "pythons": [build],
        "rounds": 1,
        "ceiling": False,
        "why": {"rounds": rounds, "combinations": [{"backend": "thread"}]},
        "experiments": tiny_sweep.experiment(
            workloads=[_entry(folder, workload, workers)], backends=["sequential", "thread"], workers=[workers]
        ),
    }
    done = tiny_sweep.run_sweep(folder, f"{SWEEP}/tables/lines.csv", **changes)
    if done.returncode:
        raise SystemExit(done.stderr)


def _entry(folder, workload, workers):
    """The workload in a config, for more workers with two tasks for each; one of tests/workloads is copied beside it."""
    path = ROOT / f"tests/workloads/{workload}.py"
    if path.exists():
        shutil.copy(path, folder)
    more = {"count": 2 * workers} if workers > 2 else {}
    return {f"./{path.name}" if path.exists() else workload: {**_PARAMS.get(workload, {}), **more}}


def named(found):
    """{kind: names, largest first} of what the page names. found: the tables of `why`, of one combination."""
    lines, objects = found["lines"], found["objects"]
    gained = objects[objects["claim"] == FASTER].sort_values(["step", "gain"], ascending=[True, False])
    return {
        CPU_LINE: [_name_line(line) for _, line in largest_lines(lines, "cpu_share").iterrows()],
        WAITING_LINE: [_name_line(line) for _, line in largest_lines(lines, "waiting_share").iterrows()],
        LOCK: [name_lock(lock) for _, lock in waited_locks(found["locks"]).iterrows()],
        OBJECT: [f"`{each['expression']}`, {each['how']}" for _, each in gained.iterrows()],
    }


def _name_line(line):
    return name_line(line["file"], line["line"], line["source"])


def look(folder, workload, build, rounds, workers):
    """Looks anew for the culprit; returns what is named."""
    shutil.rmtree(folder / SWEEP / WHY, ignore_errors=True)
    for name in WHY_TABLES:
        (folder / SWEEP / TABLES / f"{name}.csv").unlink(missing_ok=True)
    sweep(folder, workload, build, rounds, workers)
    return named(tables.read_why(folder / SWEEP / TABLES))


def judge(expected, rounds):
    """(expected, count, others) for each kind expected, of what each round names; for none, of how many rounds name anything."""
    others = Counter(
        f"{kind} {name}"
        for names in rounds
        for kind, of_kind in names.items()
        for name in of_kind
        if not _is_in(expected.get(kind, ()), name)
    )
    if not expected:
        return [("nothing", sum(any(names.values()) for names in rounds), others)]
    return [
        (f"{kind} {' or '.join(texts)}", sum(_is_in(texts, *names[kind][:1]) for names in rounds), others)
        for kind, texts in expected.items()
    ]


def _is_in(texts, *names):
    """Whether there is a name that has one of the texts."""
    return any(text in name for name in names for text in texts)


def rows(name, build, rounds):
    """The rows of the table for a workload on a build, of what each round names."""
    verb = "right" if CULPRITS[name].expected else "blamed"
    for expected, count, others in judge(CULPRITS[name].expected, rounds):
        also = "; ".join(f"{other} ({times})" for other, times in others.most_common())
        yield f"| {name} | {build} | {expected} | {verb} in {count} of {len(rounds)} | {also} |"


def _parse(arguments):
    parser = argparse.ArgumentParser(prog="python -m tests.culprits", description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=10, help="how often `why` looks for each culprit")
    parser.add_argument("--only", nargs="+", choices=CULPRITS, default=list(CULPRITS), help="these workloads")
    parser.add_argument("--builds", nargs="+", choices=BOTH, default=BOTH, help="of the builds these only")
    parser.add_argument("--why-rounds", type=int, default=6, help="extra rounds that `why` itself makes each time")
    parser.add_argument("--workers", type=int, default=2, help="threads of each workload")
    return parser.parse_args(arguments)


def main(arguments):
    """Prints the table, a workload as soon as its rounds are done, and on stderr how long that took."""
    options = _parse(arguments)
    print("| workload | build | expected | named | what else was named |\n| --- | --- | --- | --- | --- |")
    for name in options.only:
        for build in (build for build in CULPRITS[name].builds if build in options.builds):
            with tempfile.TemporaryDirectory() as folder:
                tiny_sweep.copy_workflow(Path(folder))
                began = time.monotonic()
                how = options.why_rounds, options.workers
                found = [look(Path(folder), name, build, *how) for _ in range(options.rounds)]
            print(*rows(name, build, found), sep="\n", flush=True)
            print(f"{name} on {build}: {time.monotonic() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
