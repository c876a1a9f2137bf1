"""Has a module run by the server of snakemake_calls: `python -S -E job_client.py SOCKET MODULE ARGUMENT…`.

It passes on its own stdin, stdout, stderr, working directory and variables, and ends with the exit status of the module.
"""

import json
import os
import socket
import sys


def main(path, *arguments):
    call = {"arguments": arguments, "cwd": os.getcwd(), "variables": dict(os.environ)}
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        socket.send_fds(connection, [b" "], [0, 1, 2])
        connection.sendall(json.dumps(call).encode())
        connection.shutdown(socket.SHUT_WR)
        status = connection.recv(1)
    sys.exit(status[0] if status else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
