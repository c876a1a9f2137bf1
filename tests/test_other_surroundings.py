"""The workflow where things are not as usual: names, folders, environment, operating system."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from gil_scaling.launch import environment
from gil_scaling.plan import catalog, prober, recovery, workflow
from gil_scaling.plan.shell import shell_prefix
from snakemake.exceptions import WorkflowError

from tests.measure.running import FAIL_ON_PURPOSE, SMALL_PARAMS, measure
from tests.support import ROOT, make_spec, missing
from tests.tiny_sweep import copy_workflow

NASTY = "-n a'b\"c $(touch owned)`touch owned`;touch owned\n{brace} %s ü漢  \\ *"
DELIVERED = """
import os
def tasks(text): return [text] * 2
def task(text): return [text, os.environ["NASTY"], os.environ.get("HOME"), sorted(k for k in os.environ if k.startswith("PYTHON"))]
def check(results, arguments):
    if results != [[text, text, None, ["PYTHONHASHSEED", "PYTHONPATH", "PYTHONSAFEPATH", "PYTHON_JIT"]] for text in arguments]:
        raise ValueError(results)
"""
OF_USER = {
    "PYTHONSTARTUP": "/nowhere.py",
    "PYTHONOPTIMIZE": "2",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONIOENCODING": "ascii",
    "PYTHONWARNINGS": "error::UserWarning",
    "PYTHONUNBUFFERED": "1",
    "PYTHON_GIL": "1",
    "PYTHON_JIT": "1",
    "LC_ALL": "POSIX",
}


def read_only(folder):
    """The prefix of a command for which a folder is read-only; for root, by a mount, as root ignores file modes."""
    if os.getuid():
        subprocess.run(["chmod", "-R", "a-w", folder], check=True)
        return []
    mount = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
    command = ["unshare", "--mount", "bash", "-c", mount, str(folder)]
    if shutil.which("unshare") is None or subprocess.run([*command, "true"], check=False).returncode:
        missing("a mount that is read-only")
    return command


def trap(folder):
    """A folder with a module `gil_scaling` that ends whatever imports it instead of ours."""
    (folder / "gil_scaling").mkdir(parents=True)
    (folder / "gil_scaling/__init__.py").write_text("raise SystemExit('another gil_scaling')")
    return folder


def nasty_config(folder):
    (folder / f"{NASTY}.py").write_text(DELIVERED)
    entry = {"name": "nasty", "command": [sys.executable, "-X", NASTY], "env": {"NASTY": NASTY}}
    experiment = {
        "name": "a.b-c_d",
        "workloads": [{f"{NASTY}.py": {"text": NASTY}}],
        "backends": ["sequential", "process"],
        "workers": [2],
    }
    config = {"machine": "m.m-m_m", "sweep": "s.s-s_s", "rounds": 1, "warmups": 0, "repeats": 1, "pythons": [entry]}
    path = folder / f"{NASTY}.yaml"
    path.write_text(yaml.safe_dump({**config, "experiments": [experiment]}))
    return path


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """A sweep from a read-only checkout, in another folder, with special characters in every name."""
    base = tmp_path_factory.mktemp("surroundings")
    checkout, folder, temporary = base / f"checkout {NASTY}", trap(base / f"folder {NASTY}"), base / f"tmp {NASTY}"
    copy_workflow(checkout, figures=None)
    temporary.mkdir()
    (folder / "json.py").write_text("raise SystemExit('another json')")
    own = {"PATH": os.environ["PATH"], "TMPDIR": str(temporary), "PYTHONPATH": str(trap(base / "path")), **OF_USER}
    command = [sys.executable, "-P", "-m", "snakemake", "-s", str(checkout / "Snakefile"), "--directory", str(folder)]
    done = subprocess.run(
        [*read_only(checkout), *command, "--cores", "2", "tables", "--configfile", str(nasty_config(folder))],
        cwd=base,
        env=own,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return SimpleNamespace(base=base, folder=folder, done=done)


@pytest.mark.slow
def test_values_and_names_of_any_kind_reach_the_builds_as_data(sweep):
    assert sweep.done.returncode == 0, sweep.done.stderr
    assert f"{NASTY[-1]}/config/config.yaml is extended by" in sweep.done.stderr
    records = [json.loads(path.read_text()) for path in (sweep.folder / "results/m.m-m_m/runs").iterdir()]
    assert {one["status"] for one in records} == {"ok"}
    assert {one["spec"]["env"]["NASTY"] for one in records} == {NASTY}
    assert {one["measured"]["flags"]["options"]["optimize"] for one in records} == {0}
    assert not list(sweep.base.rglob("owned"))


@pytest.mark.slow
def test_a_call_ends_well_in_the_folder_of_directory(sweep):
    assert "Stopped at" not in sweep.done.stderr
    assert not (sweep.folder / recovery.STATE / "test-machine" / recovery.UNFINISHED).exists()


@pytest.mark.slow
def test_names_of_any_kind_are_files_of_safe_names(sweep):
    made = [path.name for path in (sweep.folder / "results").rglob("*")]
    assert len(made) > 30
    assert not [name for name in made if set(name) - set(f"{SAFE}.-_")]


SAFE = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


# ---- the checkout


@pytest.fixture
def two_folders(tmp_path, monkeypatch):
    """A checkout with a config, and the working directory without one."""
    checkout, directory = tmp_path / "checkout", tmp_path / "directory"
    for folder in (checkout, directory):
        (folder / "config").mkdir(parents=True)
    (checkout / "config/config.yaml").write_text("rounds: 6\n")
    monkeypatch.setattr(workflow, "CHECKOUT", checkout)
    monkeypatch.chdir(directory)
    return checkout


def test_default_config_prefers_the_working_directory(two_folders):
    assert workflow.default_config() == str(two_folders / "config/config.yaml")
    Path("config/config.yaml").write_text("rounds: 7\n")
    assert workflow.default_config() == "config/config.yaml"


def test_a_missing_default_config_is_an_error(two_folders):
    (two_folders / "config/config.yaml").unlink()
    with pytest.raises(WorkflowError, match=r"config/config\.yaml: cannot be read: No such file or directory\."):
        workflow.default_config()


def refusal(monkeypatch, scripts):
    monkeypatch.setattr(workflow, "SCRIPTS", str(scripts))
    with pytest.raises(WorkflowError) as refused:
        workflow.Call(None, {})
    return str(refused.value)


def test_a_checkout_in_a_folder_that_no_path_can_name_is_refused(monkeypatch):
    message = "/a:b: Python finds no modules in a folder with ':' in its path. Move the checkout."
    assert refusal(monkeypatch, "/a:b") == message


def test_a_file_that_hides_the_standard_library_is_refused(monkeypatch, tmp_path):
    (tmp_path / "queue.py").touch()
    (tmp_path / "mine.py").touch()
    message = "queue.py: hides the standard library's 'queue' from the builds. Move it to another folder."
    assert refusal(monkeypatch, tmp_path) == f"{tmp_path}/{message}"


# ---- jobs


def job(command, cwd, **own):
    """The output of a command that is run as a Snakemake job."""
    text = shell_prefix().format() + command
    env = {"PATH": os.environ["PATH"], **own}
    return subprocess.run(["bash", "-c", text], cwd=cwd, env=env, capture_output=True, text=True, check=True).stdout


def test_jobs_find_our_modules_before_those_of_the_user(tmp_path):
    other = trap(tmp_path / "other")
    command = "python -c 'import sys, gil_scaling; print(gil_scaling.__file__, *sys.path[:2])'"
    printed = job(command, other, PYTHONPATH=str(other))
    assert printed.split() == [f"{ROOT}/scripts/gil_scaling/__init__.py", f"{ROOT}/scripts", str(other)]


def test_jobs_ignore_harmful_settings_of_the_user(tmp_path):
    command = """python -c 'import sys; print("±", sys.flags.inspect, sys.warnoptions, sys.stdout.encoding)'"""
    own = {"PYTHONINSPECT": "1", "PYTHONWARNINGS": "error", "PYTHONIOENCODING": "ascii"}
    assert job(command, tmp_path, **own, PYTHONUTF8="0", LC_ALL="POSIX") == "± 0 [] utf-8\n"


def test_a_python_of_another_name_is_python_in_jobs(tmp_path, monkeypatch):
    named = tmp_path / "python3.x $(touch owned)"
    named.write_text('#!/bin/sh\necho "this one: $*"')
    named.chmod(0o755)
    (tmp_path / "python").write_text("#!/bin/sh\necho another one")
    (tmp_path / "python").chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(named))
    assert job("python a b; python c || true", tmp_path) == "this one: a b\nthis one: c\n"


def test_probes_ignore_modules_of_the_working_directory(tmp_path, monkeypatch):
    (trap(tmp_path / "here") / "json.py").write_text("raise SystemExit('another json')")
    monkeypatch.chdir(tmp_path / "here")
    assert prober.Prober("probes.json")((sys.executable,), {})["implementation"] == sys.implementation.name


# ---- sockets

AUDIT = """
import json, sys
from gil_scaling.measure.workload import load
seen = []
def hook(event, arguments):
    if event in ("socket.bind", "socket.connect"):
        seen.append([current, event, arguments[1][0] if isinstance(arguments[1], tuple) else str(arguments[1])])
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        seen.append([current, event, str(arguments[0])])
sys.addaudithook(hook)
workloads = json.load(sys.stdin)
for current, params in workloads.items():
    workload = load(current)
    try:
        with workload.open_context(params) as context:
            arguments = workload.tasks(params, context=context, workers=2)
            shared = [workload.module.shared()] if workload.has_shared else []
            for argument in arguments:
                workload.task(argument, *shared)
    except ModuleNotFoundError as missing:
        assert missing.name == "numpy"
print(json.dumps(seen))
"""


@pytest.mark.slow
def test_workloads_use_local_addresses_only(tmp_path):
    (tmp_path / "audit.py").write_text(AUDIT)
    tried = {name: params for name, params in SMALL_PARAMS.items() if name not in FAIL_ON_PURPOSE}
    done = subprocess.run(
        [sys.executable, str(tmp_path / "audit.py")],
        input=json.dumps(tried),
        env=environment.environment({}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert {address for _, _, address in seen} == {"127.0.0.1"}
    assert {name for name, _, _ in seen} == {"bandwidth", "latency", "socket_echo", "url_fetch"}
    assert {event for _, event, _ in seen} <= {"socket.bind", "socket.connect", "socket.getaddrinfo"}


LISTENING = "0A"


def listening(pid):
    """The local addresses on which a process listens, as /proc shows them; IPv4 and IPv6."""
    links = [os.readlink(f"/proc/{pid}/fd/{number}") for number in os.listdir(f"/proc/{pid}/fd")]
    rows = [
        line.split()
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]
    ]
    return [row[1].partition(":")[0] for row in rows if row[3] == LISTENING and f"socket:[{row[9]}]" in links]


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.parametrize("name", ["bandwidth", "latency", "socket_echo", "url_fetch"])
def test_servers_listen_locally_and_end_with_the_context(name):
    from gil_scaling.launch import processes
    from gil_scaling.measure.workload import load

    before = processes.tree(os.getpid())
    with load(name).open_context({}) as port:
        (peer,) = set(processes.tree(os.getpid())) - set(before)
        assert listening(peer) == ["0100007F"]
        assert f":{port:04X} " in Path("/proc/net/tcp").read_text()
    assert processes.tree(os.getpid()) == before


KILLED = """
import os
from gil_scaling.measure.workloads.url_fetch import context
def tasks(context, note): return [(context, note)]
def task(argument):
    with open(argument[1], "w") as file:
        file.write(f"{argument[0]:04X}")
    os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_server_is_gone_after_a_run_that_was_killed(tmp_path):
    (tmp_path / "killed.py").write_text(KILLED)
    found = one_run(reference=str(tmp_path / "killed.py"), params={"note": str(tmp_path / "port")})["record"]
    assert (found["status"], found["reason"]) == ("crashed", "killed by SIGKILL")
    port = (tmp_path / "port").read_text()
    assert f":{port} 00000000:0000 {LISTENING}" not in Path("/proc/net/tcp").read_text()


BACKENDS_AUDIT = """
import os, sys
def hook(event, arguments):
    if event in ("socket.bind", "socket.connect", "socket.getaddrinfo") and not isinstance(arguments[1], str):
        with open(os.environ["SEEN"], "a") as file:
            file.write(f"{event} {arguments[1]!r}\\n")
sys.addaudithook(hook)
"""


@pytest.mark.parametrize("name", [name for name in catalog.names(catalog.BACKENDS) if name != "sequential"])
def test_backends_open_no_socket_of_the_network(name, this_build, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(BACKENDS_AUDIT)
    env = {"PYTHONPATH": str(tmp_path), "SEEN": str(tmp_path / "seen")}
    build = SimpleNamespace(command=this_build.command, env=env)
    workload = {"workload": "socket_echo", "params": {"messages": 1, "count": 2}} if name.startswith("asyncio") else {}
    measured = measure(build, tmp_path / "run", backend=name, **workload)
    assert measured.status in ("ok", "unsupported"), measured.reason
    seen = (tmp_path / "seen").read_text() if workload else ""
    assert ("127.0.0.1" in seen) == bool(workload)
    assert (tmp_path / "seen").exists() == bool(workload)


# ---- another operating system

SPAWN = "import multiprocessing\nmultiprocessing.set_start_method('spawn')"


@pytest.mark.parametrize("name", ["process", "process_pool", "multiprocessing_pool"])
def test_the_start_method_of_another_system_is_in_the_record(name, this_build, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(SPAWN)
    build = SimpleNamespace(command=this_build.command, env={"PYTHONPATH": str(tmp_path)})
    measured = measure(build, tmp_path / "run", backend=name)
    assert {sample["start_method"] for sample in measured.measured["samples"]} == {"spawn"}


WITHOUT_LINUX = """
import builtins, os, sys, time
sys.platform = "darwin"
for name in ("sched_getaffinity", "sched_setaffinity", "process_cpu_count"):
    if hasattr(os, name):
        delattr(os, name)
def without(function):
    def refusing(path, *arguments, **options):
        if str(path).startswith(("/proc", "/sys")):
            raise FileNotFoundError(2, "No such file or directory", str(path))
        return function(path, *arguments, **options)
    return refusing
builtins.open, os.listdir, os.readlink, os.stat = map(without, (open, os.listdir, os.readlink, os.stat))
def none():
    raise OSError("load average was unobtainable")
os.getloadavg = none
"""
ONE_RUN = """
import json, os, sys
from gil_scaling.launch import lock, measurement
from gil_scaling.plan import machine
entry = json.load(sys.stdin)
call = {"id": "c", "time": "t", "pid": os.getpid(), "host": os.uname().nodename, "plan": ""}
with lock.MachineLock():  # who holds it ends all runs that are left
    print(json.dumps({"record": measurement.measure(entry, call, None), "machine": machine.facts()}))
"""


def one_run(python_path="", *, reference="py_loop", params=None, backend="sequential"):
    """The record of a run and the facts of the machine; python_path: a folder of modules, for the launcher and the build."""
    spec = make_spec(params=params or {}, backend=backend, switch_interval_s=None, warmups=0)
    entry = {"run": "r", "spec": spec, "reference": reference, "backend_reference": backend, "timeout_s": 60}
    entry |= {"command": [sys.executable], "env": {"PYTHONPATH": python_path}, "rejected": None, "sources": {}}
    done = subprocess.run(
        [sys.executable, "-c", ONE_RUN],
        input=json.dumps(entry),
        env=environment.environment({"PYTHONPATH": python_path}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_run_works_without_linux_files(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(WITHOUT_LINUX)
    found = one_run(str(tmp_path), params={"n": 100, "count": 4}, backend="process")
    assert (found["record"]["status"], found["record"]["reason"]) == ("ok", None)
    before, meanwhile = found["record"]["state"]["before"], found["record"]["state"]["meanwhile"]
    assert {before.pop("reference_loop_s") > 0, *before.values()} == {True, None}
    assert (meanwhile["other_cpu_s"], meanwhile["steal_s"], found["record"]["peak_memory_mb"]) == (None, None, None)
    assert found["machine"]["usable_cpus"] == found["machine"]["logical_cpus"] == os.cpu_count()
