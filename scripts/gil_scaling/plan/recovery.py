"""Sets right what a call of Snakemake left that was ended without a chance to do so itself: by SIGKILL, or a power failure."""

import atexit
import fcntl
import json
import os
import shutil
from pathlib import Path

_SNAKEMAKE = Path(".snakemake")
_LOCK = _SNAKEMAKE / "gil-scaling" / "call.lock"
_held = {}  # {folder: descriptor of the lock}, open for as long as this process lives


class OtherCall(Exception):
    """Another call of Snakemake is at work in this folder."""


def be_the_only_call():
    """Holds a lock on this folder until the process ends, however it ends; raises OtherCall where another one holds it."""
    if os.getcwd() in _held:
        return
    _LOCK.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(_LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise OtherCall from None
    _held[os.getcwd()] = lock


def begin(made):
    """Removes what the last call was making when it was killed, and notes what this one is going to make until it ends.

    made: the paths of files and folders that are made from the records. They may be half written, and are soon made again;
    records are written as a whole or not at all. Snakemake's locks and marks of unfinished jobs go, too: because of them it
    would refuse to go on without --unlock and --rerun-incomplete.
    """
    lock, marks = _held[os.getcwd()], _SNAKEMAKE / "incomplete"
    for path in _noted(lock, made, is_unfinished=any(path.is_file() for path in marks.rglob("*"))):
        _remove(Path(path))
    for folder in (marks, _SNAKEMAKE / "locks"):
        shutil.rmtree(folder, ignore_errors=True)
    _note(lock, made)
    atexit.register(_end, lock, os.getpid())


def _noted(lock, made, is_unfinished):
    """What the last call was going to make, where it did not come to its end."""
    text = os.pread(lock, 1_000_000, 0)
    if not text:
        return made if is_unfinished else []
    try:
        return json.loads(text)
    except ValueError:
        return made


def _note(lock, made):
    os.ftruncate(lock, 0)
    os.pwrite(lock, json.dumps(made).encode(), 0)
    os.fsync(lock)


def _end(lock, pid):
    """Notes that the call came to its end."""
    if os.getpid() == pid:
        os.ftruncate(lock, 0)


def _remove(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
