"""Whether processes that tests started are still running."""

from pathlib import Path


def is_running(pid):
    """Whether a process with this id exists and is not a zombie that waits for its parent."""
    path = Path(f"/proc/{pid}/stat")
    return path.exists() and path.read_text().rpartition(")")[2].split()[0] != "Z"
