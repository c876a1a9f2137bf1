"""Has a module run by the server of snakemake_calls: `python -S -E job_client.py SOCKET MODULE ARGUMENT…`.

It passes on its own stdin, stdout, stderr, working directory and variables, and ends with the exit status of the module; the module
ends with it.
"""

import json
import os
import socket
import sys


def ask(path, arguments, cwd, variables, descriptors):
    """Has the server run `python -m` with these arguments; returns the connection, which tells the process's id, then its status."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    socket.send_fds(connection, [b" "], descriptors)
    connection.sendall(f"{json.dumps([arguments, cwd, variables])}\n".encode())
    return connection


def main(path, *arguments):
    with ask(path, arguments, os.getcwd(), dict(os.environ), [0, 1, 2]) as connection:
        _, status = connection.makefile()
    sys.exit(int(status) if int(status) >= 0 else 128 - int(status))  # as a shell says that a signal ended it


if __name__ == "__main__":
    main(*sys.argv[1:])
