"""Calls of Snakemake that need not import it, nor their jobs pandas and seaborn: that takes most of a call that measures little.

A process imports Snakemake, and what it imports later, once, and is forked for each call. Another one imports what tables,
figures and pages need, and is forked for each job that makes these. Of the workflow they import nothing.
"""

import atexit
import fcntl
import importlib
import json
import os
import runpy
import select
import shlex
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
from functools import cache
from pathlib import Path

from tests import job_client

FOR_CALLS = ("jsonschema", "msgspec", "packaging.requirements", "pandas", "smart_open")
FOR_JOBS = ("jinja2", "matplotlib.pyplot", "msgspec", "pandas", "scipy.special", "scipy.stats", "seaborn", "yaml")
SHELL = """python() {{
  if [[ "${{1-}} ${{2-}}" == "-m gil_scaling.analysis."* ]]; then
    command python -S -E {client} {socket} "${{@:2}}"
  else
    command python "$@"
  fi
}}
"""


def run_snakemake(*arguments, cwd):
    """Runs Snakemake with these arguments; returns the finished process with its text."""
    server = _server()
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        call = {"arguments": [*map(str, arguments)], "cwd": str(cwd), "out": str(out), "err": str(err)}
        server.stdin.write(f"{json.dumps(call)}\n")
        server.stdin.flush()
        code = int(server.stdout.readline())
        return subprocess.CompletedProcess(arguments, code, out.read_text(), err.read_text())


def run_on_terminal(*arguments, cwd, columns=120):
    """Runs Snakemake on a terminal; returns its exit status, and all that it wrote."""
    leader, follower = os.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    command = [sys.executable, "-m", "snakemake", *arguments]
    with subprocess.Popen(command, cwd=cwd, stdin=follower, stdout=follower, stderr=follower) as process:
        os.close(follower)
        written = b""
        while data := _read(leader):
            written += data
    os.close(leader)
    return process.returncode, written.decode()


def _read(leader):
    try:
        return os.read(leader, 65536)
    except OSError:  # nobody has the terminal open any more
        return b""


@cache
def _server():
    return _start("serve", shell_of_jobs())


@cache
def shell_of_jobs():
    """The path of what the shell of each job reads first, by the variable BASH_ENV, once the server of the jobs listens."""
    folder = tempfile.TemporaryDirectory(prefix="jobs-")
    atexit.register(folder.cleanup)
    path, shell = Path(folder.name, "socket"), Path(folder.name, "shell")
    _start("serve_jobs", str(path), PYTHONUTF8="1").stdout.readline()
    shell.write_text(SHELL.format(client=shlex.quote(job_client.__file__), socket=shlex.quote(str(path))))
    return str(shell)


def _start(function, *arguments, **variables):
    """A process that runs a function of this module, until its stdin ends."""
    program = f"import sys; from tests import snakemake_calls; snakemake_calls.{function}(*sys.argv[1:])"
    command = [sys.executable, "-c", program, *arguments]
    variables = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), **variables}
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=variables)
    atexit.register(server.communicate)
    return server


def serve(shell):
    """Runs a call for each line of stdin, and answers with its exit status; shell: what the shells of its jobs read first."""
    from snakemake.cli import get_argument_parser

    get_argument_parser()  # imports the plugins
    for name in FOR_CALLS:
        importlib.import_module(name)
    os.environ["BASH_ENV"] = shell
    for line in sys.stdin:
        if not (child := os.fork()):
            _call(**json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _call(arguments, cwd, out, err):
    """Goes on as `python -m snakemake` begins; leaves no way back into the loop."""
    from snakemake.cli import main

    for path, descriptor in ((os.devnull, 0), (out, 1), (err, 2)):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), descriptor)
    os.chdir(cwd)
    sys.path[:2] = [cwd]
    del os.environ["PYTHONPATH"]
    sys.argv = ["snakemake", *arguments]
    sys.exit(main())


def serve_jobs(path):
    """Runs a module for each client that connects to the socket at a path."""
    for name in FOR_JOBS:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        print(flush=True)
        while sys.stdin not in select.select([sys.stdin, listener], [], [])[0]:
            connection, _ = listener.accept()
            with connection:
                if not os.fork():
                    _serve_job(connection)


def _serve_job(connection):
    """Runs what a client asks for in another child, and answers with its exit status."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _, descriptors, _, _ = socket.recv_fds(connection, 1, 3)
    call = json.load(connection.makefile())
    if not (child := os.fork()):
        _run_job(descriptors, **call)
    connection.send(bytes([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) % 256]))
    os._exit(0)


def _run_job(descriptors, arguments, cwd, variables):
    """Goes on as `python -m MODULE ARGUMENT…` begins; leaves no way back into the loop."""
    for place, descriptor in enumerate(descriptors):
        os.dup2(descriptor, place)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(variables)
    sys.path[:2] = variables["PYTHONPATH"].split(":")
    sys.argv = [*arguments]
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    sys.exit()
