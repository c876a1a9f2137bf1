"""Calls of Snakemake that need not import it: that takes two thirds of a call that measures little.

A process imports Snakemake, and what it imports later, once, and is forked for each call. Of the workflow it imports nothing.
"""

import atexit
import fcntl
import json
import os
import struct
import subprocess
import sys
import tempfile
import termios
from functools import cache
from pathlib import Path


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
    command = [sys.executable, "-c", "from tests.snakemake_calls import serve; serve()"]
    own = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=own)
    atexit.register(server.communicate)  # an end of input ends it
    return server


def serve():
    """Runs a call for each line of stdin, and answers with its exit status."""
    import jsonschema  # noqa: F401
    import msgspec  # noqa: F401
    import packaging.requirements  # noqa: F401
    import pandas as pd  # noqa: F401
    import smart_open  # noqa: F401
    from snakemake.cli import get_argument_parser

    get_argument_parser()  # imports the plugins

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
