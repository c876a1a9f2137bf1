import os
import shlex
import signal
import socket
import subprocess

import pytest

from tests.snakemake_calls import forked_python, run_snakemake, start_snakemake
from tests.support import wait_until

pytestmark = pytest.mark.slow

SAYS = "import os, sys\nprint(*sys.argv[1:], os.environ['A'], os.getcwd())\nsys.exit(int(sys.argv[1]))\n"
SNAKEFILE = """
rule all:
    shell: "export A=b PYTHONPATH=lib; python -m gil_scaling.analysis.says {config[status]} 'a b' > said.txt"
"""


@pytest.mark.parametrize("status", [0, 3])
def test_a_forked_job_gets_and_gives_what_python_would(status, tmp_path):
    package = tmp_path / "lib/gil_scaling/analysis"
    package.mkdir(parents=True)
    (package / "says.py").write_text(SAYS)
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    done = run_snakemake("--cores", "1", "--config", f"status={status}", cwd=tmp_path)
    assert done.returncode == bool(status), done.stderr
    assert (tmp_path / "said.txt").read_text() == f"{status} a b b {tmp_path}\n"


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_client_that_is_gone_at_once_disturbs_no_other(tmp_path):
    (tmp_path / "says.py").write_text("print(1)")
    for said in (b"", b" ["):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(shlex.split(forked_python())[-1])
            client.sendall(said)
    done = subprocess.run([*shlex.split(forked_python()), "says"], cwd=tmp_path, capture_output=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, b"1\n")


def test_a_forked_job_ends_with_its_client(tmp_path):
    said = tmp_path / "pid"
    (tmp_path / "waits.py").write_text("import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(60)\n")
    with open(said, "w") as file:
        client = subprocess.Popen([*shlex.split(forked_python()), "waits"], cwd=tmp_path, stdout=file)
    wait_until(lambda: said.read_text().endswith("\n"))
    pid = int(said.read_text())
    assert pid != client.pid and is_alive(pid)
    client.kill()
    client.wait()
    wait_until(lambda: not is_alive(pid))


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 1), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_signal_reaches_a_call_and_all_its_jobs(number, status, tmp_path):
    (tmp_path / "Snakefile").write_text("rule all:\n    shell: 'echo $$ > pid; sleep 60'\n")
    call = start_snakemake("--cores", "1", cwd=tmp_path, out=tmp_path / "said.txt", err=tmp_path / "said.txt")
    wait_until(lambda: call.poll() is None and (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    os.killpg(call.pid, number)
    assert call.wait(30) == call.poll() == status, (tmp_path / "said.txt").read_text()
    wait_until(lambda: not is_alive(int((tmp_path / "pid").read_text())))
