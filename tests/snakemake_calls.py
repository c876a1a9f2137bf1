"""Calls of Snakemake that need not import it, nor their jobs pandas and seaborn: that takes most of a call that measures little.

A process imports, once, what Snakemake, tables, figures and pages need, and is forked for each call, and for each job that makes
tables, figures or pages. Of the workflow it imports nothing.
"""

import atexit
import contextlib
import fcntl
import gc
import importlib
import json
import multiprocessing
import os
import runpy
import select
import shlex
import shutil
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

FOR_CALLS = ("jsonschema", "packaging.requirements", "smart_open", "snakemake.cli")
FOR_JOBS = ("jinja2", "matplotlib.pyplot", "msgspec", "pandas", "scipy.special", "scipy.stats", "seaborn", "yaml")
SHELL = """python() {{
  if [[ "${{1-}} ${{2-}}" == "-m gil_scaling.analysis."* ]]; then
    command {client} "${{@:2}}"
  else
    command python "$@"
  fi
}}
"""


def run_snakemake(*arguments, cwd):
    """Runs Snakemake with these arguments; returns the finished process with its text."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        code = start_snakemake(*arguments, cwd=cwd, out=out, err=err).wait()
        return subprocess.CompletedProcess(arguments, code, out.read_text(), err.read_text())


def start_snakemake(*arguments, cwd, out, err):
    """Starts Snakemake with these arguments, in a session of its own; out, err: the paths to which its text is appended."""
    with open(os.devnull, "rb") as none, open(out, "ab") as out_file, open(err, "ab") as err_file:
        return Call(["snakemake", *map(str, arguments)], cwd, [file.fileno() for file in (none, out_file, err_file)])


def run_on_terminal(*arguments, cwd, columns=120):
    """Runs Snakemake on a terminal; returns its exit status, and all that it wrote."""
    leader, follower = os.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    call = Call(["snakemake", *arguments], cwd, [follower] * 3)
    os.close(follower)
    written = b""
    while data := _read(leader):
        written += data
    os.close(leader)
    return call.wait(), written.decode()


def _read(leader):
    try:
        return os.read(leader, 65536)
    except OSError:  # nobody has the terminal open any more
        return b""


class Call:
    """A module that runs in a fork of the server, in a session of its own; used as a subprocess.Popen."""

    def __init__(self, arguments, cwd, descriptors):
        variables = {**os.environ, "BASH_ENV": shell_of_jobs()}
        self._connection = job_client.ask(_server(), arguments, str(cwd), variables, descriptors)
        self._answers = self._connection.makefile("rb", buffering=0)
        self.args, self.pid, self.returncode = arguments, int(self._answers.readline()), None

    def poll(self):
        return self.returncode if self.returncode is not None or not self._has_ended(0) else self.wait()

    def wait(self, timeout=None):
        if self.returncode is None:
            if not self._has_ended(timeout):
                raise subprocess.TimeoutExpired(self.args, timeout)
            self.returncode = int(self._answers.readline())
            self._connection.close()
        return self.returncode

    def _has_ended(self, timeout):
        return bool(select.select([self._connection], [], [], timeout)[0])

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)


@cache
def shell_of_jobs():
    """The path of what the shell of each job reads first, by the variable BASH_ENV: it has our jobs forked."""
    path = Path(_server()).with_name("shell")
    path.write_text(SHELL.format(client=forked_python()))
    return str(path)


def forked_python():
    """The beginning of a shell command that stands for `python -m`."""
    return shlex.join(["python", "-S", "-E", job_client.__file__, _server()])


@cache
def _server():
    """The path of the socket of a server that runs until this process ends."""
    folder = tempfile.mkdtemp(prefix="calls-")
    atexit.register(shutil.rmtree, folder)  # a TemporaryDirectory is removed by forks of this process, too
    path = f"{folder}/socket"
    program = "import sys; from tests import snakemake_calls; snakemake_calls.serve(sys.argv[1])"
    variables = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), "PYTHONUTF8": "1"}
    server = subprocess.Popen(
        [sys.executable, "-c", program, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=variables,
        start_new_session=True,
    )
    atexit.register(server.communicate)
    server.stdout.readline()
    return path


def serve(path):
    """Runs a module for each client that connects to the socket at a path, until stdin ends."""
    for name in (*FOR_CALLS, *FOR_JOBS):
        importlib.import_module(name)
    sys.modules["snakemake.cli"].get_argument_parser()  # imports the plugins
    gc.freeze()
    woken, wakes = os.pipe()  # when a child ends
    os.set_blocking(wakes, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    children = {}  # by the connections of their clients
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        print(flush=True)
        while sys.stdin not in (ready := select.select([sys.stdin, listener, woken, *children], [], [])[0]):
            if woken in ready:
                os.read(woken, 4096)
            for connection, child in [*children.items()]:
                if child.exitcode is not None:
                    _tell(connection, children.pop(connection).exitcode)
                    connection.close()
                elif connection in ready:  # the client has gone
                    child.kill()
            if listener in ready:
                connection, _ = listener.accept()
                children[connection] = _begin_call(connection, [listener, *children])
        for child in children.values():
            child.kill()


def _begin_call(connection, others):
    """Starts what a client asks for in a child, which closes the other sockets; tells the client its process id, and returns it.

    A process of multiprocessing ends without taking its modules apart, which in a fork takes 0.2 s.
    """
    _, descriptors, _, _ = socket.recv_fds(connection, 1, 3)
    order = connection.makefile().readline()
    child = multiprocessing.get_context("fork").Process(target=_run, args=(order, descriptors, [connection, *others]))
    child.start()
    for descriptor in descriptors:
        os.close(descriptor)
    _tell(connection, child.pid)
    return child


def _tell(connection, number):
    with contextlib.suppress(OSError):  # the client has gone
        connection.sendall(f"{number}\n".encode())


def _run(order, descriptors, sockets):
    """Closes the sockets of the server, and goes on as `python -m MODULE ARGUMENT…` begins; raises ValueError if the client has gone."""
    arguments, cwd, variables = json.loads(order)
    for each in sockets:
        each.close()
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for place, descriptor in enumerate(descriptors):
        os.dup2(descriptor, place)
        os.close(descriptor)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(variables)
    folders = [cwd] if "PYTHONSAFEPATH" not in variables else []
    sys.path[:2] = [*folders, *filter(None, variables.get("PYTHONPATH", "").split(":"))]
    sys.argv = [*arguments]
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
