import json
import subprocess

import pytest
from gil_scaling.launch import environment

from tests.support import find_build

PROGRAM = """import json, os, sys, threading
from gil_scaling.measure import interventions, objects
from gil_scaling.measure.job import Job
from gil_scaling.measure.worker import Settings, Shared
from gil_scaling.measure.workload import load
from gil_scaling.measure.backends import thread
path, lines, changes = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
workload = load(path)
def make():
    return Job(Settings(workload, None), workload.tasks({}), 2, None, Shared(workload))
job = make()
with objects.Watch({(os.path.realpath(path), line) for line in lines}) as watch:
    thread.run(job)
found = objects.candidates(watch, job)
job = make()
interventions.change(changes, job, workload)
results = thread.run(job).results
json.dump({"found": found, "results": results, "shared": repr(job.shared.arguments())}, sys.stdout)
"""

TASKS = "def tasks(): return [50, 50]\n"
SHARED = (
    TASKS
    + 'def shared(): return {"k": (object(),)}\ndef task(n, shared):\n    for i in range(n):\n        x = shared["k"]\n    return n\n'
)


def run(build, folder, source, lines=(), changes=()):
    """Runs a workload of two threads, watched in some lines; then with changes."""
    path = folder / "work.py"
    path.write_text(source)
    done = subprocess.run(
        [*build.command, "-c", PROGRAM, str(path), json.dumps(lines), json.dumps(changes)],
        env=environment.environment(build.env),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


def found(build, folder, source, *lines):
    """{expression: (type, addresses)} of the candidates."""
    candidates = run(build, folder, source, lines)["found"]
    return {each["expression"]: (each["type"], each["addresses"]) for each in candidates}


def test_the_shared_object_and_its_item_are_candidates(free_threaded, tmp_path):
    assert found(free_threaded, tmp_path, SHARED, 5) == {
        "shared": ("dict", [[["shared"]]]),
        'shared["k"]': ("tuple", [[["shared"], ["item", "k"]]]),
        'shared["k"][…]': ("object", [[["shared"], ["item", "k"], ["item", 0]]]),
    }


def test_nothing_of_its_own_is_a_candidate(free_threaded, tmp_path):
    source = (
        TASKS
        + 'def task(n):\n    own = {"k": (object(),)}\n    for i in range(n):\n        x = own["k"]\n    return n\n'
    )
    assert found(free_threaded, tmp_path, source, 5) == {}


def test_immortal_and_deferred_objects_are_no_candidates(free_threaded, tmp_path):
    source = TASKS + "import math\ndef square(n): return n\ndef task(n):\n    for i in range(n):\n"
    source += "        square(math.floor(n)); x = 'text'; y = None\n    return n\n"
    assert found(free_threaded, tmp_path, source, 6) == {}


def test_a_cache_of_a_module_is_a_candidate(free_threaded, tmp_path):
    source = (
        TASKS
        + "from functools import lru_cache\n@lru_cache\ndef f(n): return n\ndef task(n):\n    for i in range(n):\n"
    )
    source += "        f(1)\n    return n\n"
    assert found(free_threaded, tmp_path, source, 7) == {"f": ("_lru_cache_wrapper", [[["global", "work", "f"]]])}


def test_a_constant_has_an_address(free_threaded, tmp_path):
    source = TASKS + "def task(n):\n    for i in range(n):\n        x = i * 1.5\n    return n\n"
    ((type_, addresses),) = found(free_threaded, tmp_path, source, 4).values()
    assert (type_, addresses[0][:2]) == ("float", [["global", "work", "task"], ["constant", 0]])


def test_a_default_and_an_attribute_have_addresses(free_threaded, tmp_path):
    source = TASKS + "class Table:\n    rows = [(1.5,)]\ndef task(n, table=Table):\n    for i in range(n):\n"
    source += "        x = table.rows\n    return n\n"
    addresses = found(free_threaded, tmp_path, source, 6)["table.rows"][1]
    assert addresses == [[["global", "work", "Table"], ["attribute", "rows"]]]


@pytest.mark.parametrize("name", ["3.14t", "3.15"])
def test_an_object_is_made_immortal(name, tmp_path, tmp_path_factory):
    build = find_build(name, tmp_path_factory)
    source = "GLOBAL = {'k': [1]}\nimport sys\n" + TASKS + "def task(n): return sys._is_immortal(GLOBAL['k'])\n"
    address = [["global", "work", "GLOBAL"], ["item", "k"]]
    assert run(build, tmp_path, source)["results"] == [False, False]
    changed = run(build, tmp_path, source, changes=[{"how": "immortal", "addresses": [address]}])
    assert changed["results"] == [True, True]


def test_each_worker_makes_shared_state_of_its_own(free_threaded, tmp_path):
    source = (
        "import threading\ntogether = threading.Barrier(2)\n" + TASKS + "def shared(): return []\n"
        "def task(n, shared):\n    shared.append(n)\n    together.wait()\n    return len(shared)\n"
    )
    assert run(free_threaded, tmp_path, source)["results"] == [2, 2]
    changed = run(free_threaded, tmp_path, source, changes=[{"how": "copies", "addresses": [[["shared"]]]}])
    assert (changed["results"], changed["shared"]) == ([1, 1], "([],)")


@pytest.mark.parametrize("value", ["[0]", "{0: 0}"])
def test_each_worker_gets_a_copy_of_a_global(build, tmp_path, value):
    source = (
        f"import threading\ntogether = threading.Barrier(2)\nSEEN = {value}\n" + TASKS + "def add(): SEEN[0] += 1\n"
        "def task(n):\n    add()\n    together.wait()\n    return SEEN[0]\n"
    )
    program = PROGRAM.replace(
        "with objects.Watch({(os.path.realpath(path), line) for line in lines}) as watch:", "if 1:"
    )
    program = program.replace("found = objects.candidates(watch, job)", "found = None")
    (tmp_path / "work.py").write_text(source)
    changes = [{"how": "copies", "addresses": [[["global", "work", "SEEN"]]]}]
    done = subprocess.run(
        [*build.command, "-c", program, str(tmp_path / "work.py"), "[]", json.dumps(changes)],
        env=environment.environment(build.env),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert json.loads(done.stdout)["results"] == [3, 3]


def test_what_cannot_be_copied_has_a_reason(free_threaded, tmp_path):
    source = "class Box: pass\nBOX = Box()\n" + TASKS + "def task(n): return n\n"
    path = tmp_path / "work.py"
    path.write_text(source)
    changes = [{"how": "copies", "addresses": [[["global", "work", "BOX"]]]}]
    done = subprocess.run(
        [*free_threaded.command, "-c", PROGRAM, str(path), "[]", json.dumps(changes)],
        env=environment.environment(free_threaded.env),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stderr.endswith("Unsupported: no copies of a Box: only of dicts, lists, sets and lru_caches\n")
