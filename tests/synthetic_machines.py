"""Result sets of machines that nobody has at hand: 2 to 192 CPUs that scale by a stated model, with noise.

As a program it shows how often the fits and the predictions of such sweeps are right: `python -m tests.synthetic_machines`.
With a folder it writes the result sets of 20 machines there: `python -m tests.synthetic_machines FOLDER`. With the word page
it makes their comparison, too, to be looked at: `python -m tests.synthetic_machines page FOLDER` writes FOLDER/report.html.
"""

import argparse
import json
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from gil_scaling.analysis.figures import __main__ as figures
from gil_scaling.analysis.statistics import laws, prediction

from tests.analysis.report.pages import comparison_folder, write_report
from tests.support import make_record, make_sample, write_result_set

ROUNDS = 6
HALF_MEASURED = ("server-128", "server-64", "plain-32", "two-node-192")
NOISE = 0.02  # standard deviation of the log of each time
SEQUENTIAL_S = 60.0
TASKS = 1536  # of equal length
BUILDS = {"3.14": {}, "3.14t": {"gil": False, "free_threaded": True}}


class Machine(NamedTuple):
    """A machine whose threads scale by Amdahl's law and the universal scalability law over the CPUs that they have.

    serial, kappa: the parameters σ and κ; fast_cpus: beyond so many workers each further CPU does `slow` of the work of
    one: the second thread of a core (SMT, 0.3), or a CPU of another NUMA node (0.6); measured: the largest share of
    the CPUs that has workers.
    """

    name: str
    cpus: int
    serial: float = 0.02
    kappa: float = 0.0
    fast_cpus: float = math.inf
    slow: float = 1.0
    measured: float = 1.0

    def speedup(self, workers):
        """Speedup of so many workers: C / (1 + σ (C − 1) + κ w (w − 1)), where C is what their CPUs do."""
        capacity = np.minimum(workers, self.fast_cpus) + self.slow * np.maximum(0, workers - self.fast_cpus)
        return capacity / (1 + self.serial * (capacity - 1) + self.kappa * workers * (workers - 1))

    def counts(self):
        """The powers of two up to the CPUs in use, and these."""
        most = max(2, int(self.cpus * self.measured))
        return sorted({*(2**power for power in range(most.bit_length()) if 2**power <= most), most})

    def measure(self, random, counts=None):
        """The speedups of rounds, (rounds, counts): each round has one noisy baseline, and a noisy time per count."""
        counts = np.array(counts or self.counts())
        baseline = np.exp(random.normal(0, NOISE, (ROUNDS, 1)))
        return self.speedup(counts) * baseline / np.exp(random.normal(0, NOISE, (ROUNDS, len(counts))))


def machines():
    """Twenty machines of 2 to 192 CPUs of four kinds; on some of the large ones half of the CPUs were measured."""
    kinds = {
        "laptop": [Machine(f"laptop-{cpus}", cpus, 0.03, 0.0, cpus / 2, 0.3) for cpus in (4, 8, 12, 16, 24)],
        "plain": [Machine(f"plain-{cpus}", cpus, 0.02) for cpus in (2, 4, 6, 8, 32)],
        "server": [Machine(f"server-{cpus}", cpus, 0.01, 2e-4) for cpus in (16, 32, 48, 64, 128)],
        "two-node": [Machine(f"two-node-{cpus}", cpus, 0.01, 0.0, cpus / 2, 0.6) for cpus in (32, 64, 96, 128, 192)],
    }
    found = [machine for each in kinds.values() for machine in each]
    return [machine._replace(measured=0.5) if machine.name in HALF_MEASURED else machine for machine in found]


def write(folder, machine, seed=1):
    """Writes the result set of a machine, where threads scale on the build without the GIL alone; returns its folder."""
    random = np.random.default_rng([seed, machine.cpus])
    counts = machine.counts()
    records = []
    for python in BUILDS:
        speedups = machine.speedup(np.array(counts)) if python == "3.14t" else np.ones(len(counts))
        for number in range(1, ROUNDS + 1):
            times = SEQUENTIAL_S / np.array([1, *speedups]) * np.exp(random.normal(0, NOISE, 1 + len(counts)))
            ways = [("sequential", 1), *(("thread", workers) for workers in counts)]
            records += [_record(python, number, *way, float(total_s)) for way, total_s in zip(ways, times, strict=True)]
    write_result_set(folder, records, machine=machine.name, builds=BUILDS, cpus=machine.cpus)
    (folder / "machine.json").write_text(json.dumps(_facts(machine)))
    return folder


def _record(python, number, backend, workers, total_s):
    gil = python == "3.14"
    sample = make_sample(total_s, workers=workers, gil=gil, durations=(0.8 * total_s,))
    task = {"first_s": sample["startup_s"], "last_s": sample["startup_s"] + sample["work_s"], "cpu_s": sample["work_s"]}
    task |= {"count": TASKS // workers, "quantiles_s": [sample["work_s"] * workers / TASKS] * 5}
    sample |= {"tasks": None, "task_summary": [{"worker": worker, **task} for worker in range(workers)]}
    spec = {"python": python, "backend": backend, "workers": workers, "round": number, "params": {"count": TASKS}}
    spec["switch_interval_s"] = 0.005 if gil and backend == "thread" else None
    record = make_record(f"{python}-{backend}-w{workers}-r{number}", spec=spec, samples=[sample])
    record["measured"] |= {"gil_before": gil, "gil_after": gil}
    return record


def _facts(machine):
    """The facts of machine.json that follow from the model."""
    is_smt = machine.name.startswith("laptop")
    return {
        "cpu_model": f"synthetic {machine.name.rpartition('-')[0]}",
        "sockets": 2 if machine.name.startswith("two-node") else 1,
        "physical_cpus": machine.cpus // 2 if is_smt else machine.cpus,
        "logical_cpus": machine.cpus,
        "usable_cpus": machine.cpus,
        "smt": int(is_smt),
        "governor": "powersave" if is_smt else "performance",
        "memory_mb": 4096 * machine.cpus,
        "kernel": "6.12.1",
        "hypervisor": "synthetic" if machine.name.startswith("plain") else None,
    }


def fits_covered(sweeps, seed=1):
    """{parameter: share of sweeps in whose interval it lies}: Amdahl's law, and the universal scalability law, each fitted to its own."""
    random = np.random.default_rng(seed)
    covered = {"serial": 0, "sigma": 0, "kappa": 0, "peak": 0}
    for _ in range(sweeps):
        truth = {"serial": random.uniform(0.005, 0.2)}
        machine = Machine("amdahl", int(random.choice([8, 16, 32, 64, 128, 192])), truth["serial"])
        estimates = laws.fit_amdahl(machine.counts(), machine.measure(random))._asdict()
        machine = _usl_machine(random)
        truth |= {"sigma": machine.serial, "kappa": machine.kappa}
        truth["peak"] = math.sqrt((1 - machine.serial) / machine.kappa)
        estimates |= laws.fit_usl(machine.counts(), machine.measure(random))._asdict()
        for name, value in truth.items():
            covered[name] += estimates[name].low <= value <= estimates[name].high
    return {name: count / sweeps for name, count in covered.items()}


def _usl_machine(random, measured=1.0):
    """A machine that is fastest with 0.5 to 1.5 times as many workers as it has CPUs."""
    cpus, serial = int(random.choice([16, 32, 64, 128, 192])), random.uniform(0.005, 0.2)
    return Machine("usl", cpus, serial, (1 - serial) / (cpus * random.uniform(0.5, 1.5)) ** 2, measured=measured)


KINDS = ("amdahl", "usl", "smt", "numa")


class Predicted(NamedTuple):
    """The predictions of sweeps on a kind of machine: how many were shown, how many of these hold what is then measured, and their width.

    width: the median of high / low.
    """

    shown: int
    covered: int
    width: float


def predictions_covered(kind, sweeps, seed=1):
    """The predictions of sweeps on a kind of machine, from a half of its CPUs, with SMT from three quarters, to twice as many workers, or all CPUs."""
    random = np.random.default_rng([seed, KINDS.index(kind)])
    shown, covered, widths = 0, 0, []
    for _ in range(sweeps):
        machine = _partly_measured(kind, random)
        counts, speedups = machine.counts(), machine.measure(random)
        if not prediction.check(counts, speedups).is_passed:
            continue
        workers = min(machine.cpus, prediction.MAX_GROWTH * counts[-1])
        predicted = prediction.predict(counts, speedups, workers)
        measured = np.median(machine.measure(random, counts=[workers]))
        shown += 1
        covered += predicted.low <= measured <= predicted.high
        widths.append(predicted.high / predicted.low)
    return Predicted(shown, covered, float(np.median(widths)))


def _partly_measured(kind, random):
    """A machine of a kind, of which some CPUs are without workers: of SMT, half of those that share a core with another."""
    if kind == "usl":
        return _usl_machine(random, measured=0.5)
    machine = Machine(kind, int(random.choice([32, 64, 128, 192])), random.uniform(0.005, 0.1), measured=0.5)
    if kind == "smt":
        return machine._replace(fast_cpus=machine.cpus / 2, slow=0.3, measured=0.75)
    return machine._replace(fast_cpus=machine.cpus / 2, slow=0.6) if kind == "numa" else machine


def print_coverage(sweeps):
    """Prints two tables: how often the fits and the predictions are right."""
    print("| parameter | sweeps in whose interval it lies |\n| --- | --- |")
    for name, share in fits_covered(sweeps).items():
        print(f"| `{name}` | {share:.1%} |")
    print("\n| machines | predictions shown | measured values in their interval | median of high / low |")
    print("| --- | --- | --- | --- |")
    for kind in KINDS:
        shown, covered, width = predictions_covered(kind, sweeps)
        print(f"| {kind} | {shown} of {sweeps} | {covered / shown:.1%} | {width:.2f} |")


def compare(folder):
    """Makes the comparison of all machines in a folder, with all figures and the page; returns the path of the page."""
    sets = [write(folder / "results" / machine.name, machine) for machine in machines()]
    comparison_folder(folder, *sets)
    figures.main(folder)
    return write_report(folder)


def main(arguments=None):
    """Writes the result sets of all machines below a folder, or makes their page there; without a folder prints the coverage."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("words", nargs="*", metavar="[page] FOLDER")
    words = parser.parse_args(arguments).words
    if not words:
        print_coverage(300)
    elif words[0] == "page" and len(words) == 2:
        print(compare(Path(words[1])))
    elif len(words) == 1:
        for machine in machines():
            print(write(Path(words[0]) / machine.name, machine))
    else:
        parser.error("expected nothing, FOLDER or page FOLDER")


if __name__ == "__main__":
    main()
