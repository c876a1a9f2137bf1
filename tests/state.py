"""Calls in random sequences: `python -m tests.state 200 [SEED]` says whether any of them loses or mixes results.

A sequence is two sweeps that share records, A and B, in a copy of the workflow, and steps drawn at random: all of A or B, compare,
bundle, dry runs and other calls that measure nothing, targets that are files, `--until`, an interruption by Ctrl-C, SIGTERM or
SIGKILL of Snakemake or of a job, an edit of a workload, a workload that fails, a deleted file. After each step:

- no record that was ok is lost or changed, unless an interruption split its round and logs/set_aside holds it; none at all by a call
  that measures nothing; a forced call (-F) replaces records, and loses no more than that of the run that it was at;
- no failed record is lost by a call that measures nothing;
- no finished file of a sweep is missing that this step did not make anew or remove;
- each ok record that a call left has the digest of the source that was there.

At the end of a sequence `all` of both sweeps makes everything again. Tables, figures and page come from stand-ins that take no
time, since only what Snakemake does with them is of interest; `python -m tests.state 20 SEED whole` uses the real ones.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import yaml
from gil_scaling.launch import processes
from gil_scaling.plan.catalog import read_workload

from tests import tiny_sweep
from tests.snakemake_calls import run_snakemake, start_snakemake

WORKLOAD = "import time\ndef tasks(): return [1, 2]\ndef task(a):\n    time.sleep(0.01)\n    {line}\n"
LINES = {"as it was": "return a", "edited": "return a + 1", "failing": "raise ValueError(a)"}
_EXPERIMENT = {"name": "tiny", "workloads": ["./mine.py"], "backends": ["sequential", "thread"], "workers": [2]}
SWEEPS = {
    "a": {"rounds": 2, "experiments": [_EXPERIMENT]},
    "b": {"rounds": 2, "experiments": [{**_EXPERIMENT, "backends": ["sequential", "thread", "thread_pool"]}]},
}
SET = "results/test-machine"
OF_SWEEP = ("plan.json", "config.yaml", "sets.json", "tables/summary.csv", "tables/runs.csv", "figures/index.json")
OF_SWEEP += ("figures/one.svg", "report.html", "report.md", "answers.txt", "junit.xml", "verdict.txt")
OF_SET = ("machine.json",)

STAND_INS = {
    "tables": """
import json, sys
from pathlib import Path
from gil_scaling.analysis.columns import TABLES
path = Path(sys.argv[1])
folder = Path(sys.argv[2]) if len(sys.argv) > 2 else path.parent
(folder / "tables").mkdir(parents=True, exist_ok=True)
runs = [] if len(sys.argv) > 2 else [one["run"] for one in json.loads(path.read_text())["runs"]]
records = [json.loads((path.parent.parent / f"runs/{run}.json").read_text()) for run in runs]
failed = [one["run"] for one in records if one["status"] not in ("ok", "unsupported")]
for table in TABLES:
    (folder / f"tables/{table}.csv").write_text("\\n".join(failed if table == "failures" else runs))
(folder / "sets.json").write_text("{}")
""",
    "figures": """
import sys
from pathlib import Path
from gil_scaling.analysis.folders import replaced
with replaced(Path(sys.argv[1], "figures")) as new:
    for name in ("one", "two"):
        (new / f"{name}.svg").write_text("<svg/>")
        (new / f"{name}.csv").write_text("")
    (new / "index.json").write_text('[{"name": "one", "missing": null, "caption": ""}, {"name": "two", "missing": null, "caption": ""}]')
""",
    "report": """
import sys
from pathlib import Path
folder = Path(sys.argv[1])
for name in ("report.html", "report.md", "answers.txt", "junit.xml"):
    (folder / name).write_text((folder / "tables/runs.csv").read_text())
""",
    "report/verdict": """
import sys
from pathlib import Path
if len(sys.argv) > 2 and Path(sys.argv[3]).read_text():
    raise SystemExit("failed")
print("ok")
""",
    "exchange/pyperf": """
import sys
from pathlib import Path
Path(sys.argv[2]).mkdir(exist_ok=True)
Path(sys.argv[2], "x.json").write_text("{}")
""",
}
MEASURES_NOTHING = {
    "-n": ("-n",),
    "-nc1": ("-nc1",),
    "-nj1": ("-nj1",),
    "--dry-r": ("--dry-r",),
    "--summ": ("--summ",),
    "--list-rules": ("--list-rules",),
    "--lint": ("--lint",),
    "-n -F": ("-n", "-F"),
    "--until plan": ("--until", "plan"),
    "--omit-from measure": ("--omit-from", "measure"),
    "plan.json": (f"{SET}/{{sweep}}/plan.json",),
    "--rulegraph": ("--rulegraph",),
    "check": ("check",),
    "compare": ("compare",),
    "--cores all compare": ("compare", "--cores", "all"),
    "contrast": ("contrast",),
    "-R compare": ("compare", "-R", "compare"),
}


class Violation(Exception):
    """What a step must not do."""


class Trial:
    """A copy of the workflow, and what its result set held after the last step."""

    def __init__(self, folder, rng, is_whole):
        self.folder, self.rng = folder, rng
        folder.mkdir()
        tiny_sweep.copy_workflow(folder)
        for name in STAND_INS if not is_whole else ():
            path = folder / "scripts/gil_scaling/analysis" / name
            (path / "__main__.py" if path.is_dir() else path.with_suffix(".py")).write_text(STAND_INS[name])
        for name, sweep in SWEEPS.items():
            changed = {**tiny_sweep.TINY, "ceiling": False, "control": False, **sweep}
            (folder / f"{name}.yaml").write_text(yaml.safe_dump(changed))
        (folder / "said.txt").touch()
        self.write("as it was")
        self.done, self.is_forced = [], False

    def write(self, line):
        (self.folder / "mine.py").write_text(WORKLOAD.format(line=LINES[line]))

    def digest(self):
        return read_workload("./mine.py", self.folder).digest

    def records(self):
        """{name: (status, text)} of the records."""
        found = {}
        for path in (self.folder / SET / "runs").glob("*.json"):
            text = path.read_text()
            found[path.stem] = (json.loads(text)["status"], text)
        return found

    def files(self, sweep):
        """The files of a sweep, and those that sweeps share, that are there."""
        names = [f"{sweep}/{name}" for name in OF_SWEEP] + list(OF_SET)
        there = {name for name in names if (self.folder / SET / name).exists()}
        return there | {f"pythons/{path.name}" for path in (self.folder / SET / "pythons").glob("*")}

    def start(self, sweep, *options):
        said = self.folder / "said.txt"
        said.unlink(missing_ok=True)
        command = ["--cores", "2", "--configfile", f"{sweep}.yaml", *options]
        return start_snakemake(*command, cwd=self.folder, out=said, err=said)

    def call(self, *arguments, sweep="a"):
        has_cores = "--cores" in arguments or any(one.startswith(("-nc", "-nj")) for one in arguments)
        cores = () if has_cores else ("--cores", "2")
        done = run_snakemake(*arguments, *cores, "--configfile", f"{sweep}.yaml", cwd=self.folder)
        (self.folder / "said.txt").write_text(done.stdout + done.stderr)
        return done.returncode

    def said(self):
        return (self.folder / "said.txt").read_text(errors="replace")

    # ---- steps; each returns whether the step may measure

    def all(self):
        self.call(sweep=self.rng.choice("ab"))
        return True

    def nothing(self):
        name = self.rng.choice(list(MEASURES_NOTHING))
        self.done[-1] += f" {name}"
        sweep = self.rng.choice("ab")
        self.call(*(one.format(sweep=sweep) for one in MEASURES_NOTHING[name]), sweep=sweep)
        return False

    def bundle(self):
        self.call("bundle", sweep=self.rng.choice("ab"))
        return True

    def file(self):
        sweep = self.rng.choice("ab")
        name = self.rng.choice(["report.html", "figures", "tables/summary.csv", "verdict.txt"])
        self.done[-1] += f" {sweep}/{name}"
        self.call(f"{SET}/{sweep}/{name}", sweep=sweep)
        return True

    def until(self):
        self.call("--until", self.rng.choice(["collect", "measure", "draw"]), sweep=self.rng.choice("ab"))
        return True

    def interrupt(self):
        way = self.rng.choice(["SIGINT", "SIGTERM", "SIGKILL", "SIGKILL of a job"])
        self.is_forced = self.rng.random() < 0.25
        running = self.start(self.rng.choice("ab"), *(["-F"] if self.is_forced else []))
        self.done[-1] += f" {way}{' of -F' * self.is_forced}"
        try:
            running.wait(self.rng.uniform(0.5, 1.5) * self.whole_s)
        except subprocess.TimeoutExpired:
            if way == "SIGKILL of a job":
                jobs = processes.tree(running.pid)[1:]
                for pid in self.rng.sample(jobs, min(1, len(jobs))):
                    _kill(pid, signal.SIGKILL)
            else:
                _kill(running.pid, getattr(signal, way))
        running.wait(300)
        return True

    def edit(self):
        self.write(self.rng.choice(list(LINES)))
        return False

    def edit_meanwhile(self):
        running = self.start(self.rng.choice("ab"))
        time.sleep(self.rng.uniform(0.2, 1) * self.whole_s)
        self.write(self.rng.choice(list(LINES)))
        running.wait(300)
        return True

    def delete(self):
        names = sorted(self.files("a") | self.files("b"))
        for name in self.rng.sample(names, min(1, len(names))):
            self.done[-1] += f" {name}"
            (self.folder / SET / name).unlink()
        return False

    # ---- checks

    def step(self):
        name = self.rng.choices(list(STEPS), list(STEPS.values()))[0]
        self.done.append(name)
        before, files, source = self.records(), {sweep: self.files(sweep) for sweep in "ab"}, self.digest()
        self.is_forced = False
        may_measure = getattr(self, name)()
        after = self.records()
        replaced = (
            {*(before.keys() & after.keys()), *sorted(before.keys() - after.keys())[:1]} if self.is_forced else ()
        )
        for run, (status, text) in before.items():
            if after.get(run) == (status, text) or (may_measure and status != "ok") or run in replaced:
                continue
            aside = self.folder / SET / f"logs/set_aside/{run}.json"
            if not (may_measure and aside.exists() and aside.read_text() == text):
                raise Violation(f"the {status} record {run} is {'changed' if run in after else 'lost'}")
        if name != "delete":
            for sweep, there in files.items():
                lost = {one for one in there - self.files(sweep) if not one.endswith("verdict.txt")}
                if lost:
                    raise Violation(f"lost: {sorted(lost)}")
        sources = {source, self.digest()}
        for run in after.keys() - before.keys():
            status, text = after[run]
            if status == "ok" and json.loads(text)["spec"]["workload_digest"] not in sources:
                raise Violation(f"{run} has another digest than its source")
        if "Traceback" in self.said() and "SIGINT" not in self.done[-1]:  # Snakemake may still be importing its parts
            raise Violation("a traceback")

    def finish(self):
        self.write("as it was")
        for sweep in "ab":
            self.done.append(f"all {sweep}")
            if self.call(sweep=sweep):
                raise Violation(f"all of {sweep} fails")
        for sweep in "ab":
            missing = {*(f"{sweep}/{name}" for name in OF_SWEEP), *OF_SET, "pythons"} - self.files(sweep) - {"pythons"}
            if missing or not list((self.folder / SET / "pythons").glob("*.json")):
                raise Violation(f"not there again: {sorted(missing)}")
        if len([1 for status, _ in self.records().values() if status == "ok"]) < 6:
            raise Violation("records are missing")
        self.done.append("nothing to be done")
        if self.call(sweep="b") or "Nothing to be done" not in self.said():
            raise Violation("something is to be done again")


STEPS = {
    "all": 3,
    "nothing": 4,
    "bundle": 1,
    "file": 1,
    "until": 1,
    "interrupt": 4,
    "edit": 2,
    "edit_meanwhile": 1,
    "delete": 2,
}


def _kill(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def run(number, seed, is_whole, parent, whole_s):
    """Runs one sequence; returns its violation, or None."""
    trial = Trial(Path(parent, str(number)), random.Random(f"{seed} {number}"), is_whole)
    trial.whole_s = whole_s
    try:
        for _ in range(trial.rng.randint(2, 6)):
            trial.step()
        trial.finish()
    except Violation as violation:
        print(f"sequence {number}: {'; '.join(trial.done)}: {violation}\n{trial.said()[-3000:]}", flush=True)
        return str(violation)
    shutil.rmtree(trial.folder)
    return None


def main(sequences=200, seed=1, whole="", first=0):
    """Prints each violation, and at the end how many sequences had one."""
    with tempfile.TemporaryDirectory() as parent:
        trial = Trial(Path(parent, "first"), random.Random(0), whole)
        whole_sweep = trial.start("a")
        began = time.monotonic()  # not before: the first call waits for the process that is forked
        if whole_sweep.wait(300):
            raise SystemExit(f"the sweep fails: {trial.said()}")
        whole_s = time.monotonic() - began
        found = Counter(bool(run(first + n, seed, whole, parent, whole_s)) for n in range(int(sequences)))
    print(f"{found.total()} sequences of seed {seed}: {found[True]} with a violation")


if __name__ == "__main__":
    main(*sys.argv[1:3], *sys.argv[3:4], *map(int, sys.argv[4:5]))
