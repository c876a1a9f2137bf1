"""The files of a result set: their names, which of them a bundle contains, bounded reading and atomic writing.

A result set is the folder results/<machine>/, and in it each sweep has a folder. Standard library only, and little of it:
each run pays for it.
"""

from __future__ import annotations

import os
import stat
from _thread import get_ident

RESULTS = "results"  # the result sets of all machines
COMPARISON = "compare"  # in RESULTS: the tables, figures and report of `snakemake compare`

# In a result set
MACHINE = "machine.json"
SIZES = "sizes.json"
BUILDS = "pythons"  # <name>.json: the facts of a build; <name>-<digest>.json: of one with packages
RECORDS = "runs"  # <run>.json
EXPECTED = "expected"  # <digest>.json: the digest of the correct results
ENVIRONMENTS = "environments"  # <digest>/: the packages of a build, installed
LOCKS = "locks"  # <build>.txt: what exactly is installed
LOGS = "logs"
SET_ASIDE = f"{LOGS}/set_aside"  # failed and damaged records whose runs are measured again

TAX_SWEEP = "tax"  # of config/tax.yaml, by which sweeps without a free-threaded build predict

# In the folder of a sweep or comparison
PLAN = "plan.json"
CONFIG = "config.yaml"
CHECK = "check.yaml"  # the config that the target `check` proposes
SETS = "sets.json"  # the result sets that the tables are made of
TABLES = "tables"  # <name>.csv
WHY = "why"  # <run>.json of the target `why`, and the order of these runs
FIGURES = "figures"
INDEX = "index.json"  # in FIGURES: what is drawn there, and what is missing
LOOKS = "looks"  # <round>.json: which combinations stop there, where the key `until` is set
PYPERF = "pyperf"
PAGE = "report.html"
REPORT = "report.md"
VERDICT = "verdict.txt"

RESERVED_SWEEPS = (RECORDS, TABLES, BUILDS, EXPECTED, LOGS, COMPARISON, MACHINE, SIZES, ENVIRONMENTS, LOCKS)

BUNDLED = (  # patterns
    *(MACHINE, SIZES, f"{BUILDS}/*.json", f"{LOCKS}/*.txt"),
    *(f"{RECORDS}/*.json", f"{EXPECTED}/*.json"),
)
BUNDLED_OF_SWEEP = (
    *(PLAN, CONFIG, SETS, VERDICT, PAGE, REPORT),
    *(f"{LOOKS}/*.json", f"{TABLES}/*.csv", f"{FIGURES}/*", f"{PYPERF}/*"),
)

MAX_FILE_BYTES = 100 * 2**20


def archive_name(machine: str) -> str:
    """The name of the archive in a result set that holds it as a whole."""
    return f"{machine}.tar.gz"


def record_path(result_set: str | os.PathLike[str], run: str) -> str:
    """The path of the record of a run."""
    return f"{os.fspath(result_set)}/{RECORDS}/{run}.json"


def expected_path(result_set: str | os.PathLike[str], name: str) -> str:
    """The path of the digest of the correct results under a name."""
    return f"{os.fspath(result_set)}/{EXPECTED}/{name}.json"


def table_path(sweep: str | os.PathLike[str], name: str) -> str:
    """The path of a table of a sweep or comparison."""
    return f"{os.fspath(sweep)}/{TABLES}/{name}.csv"


def read_bytes(path: str | os.PathLike[str], max_bytes: int = MAX_FILE_BYTES) -> bytes:
    """The content of a regular file of at most `max_bytes`.

    Raises OSError for a file that is missing or may not be read, ValueError for a pipe, a device or a larger file.
    """
    with open(path, "rb", opener=_without_waiting) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("is not a regular file")
        if status.st_size > max_bytes:
            raise ValueError(f"is larger than {max_bytes // 2**20} MiB")
        return file.read(status.st_size + 1)  # it may grow meanwhile


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # opening a pipe would wait for a writer


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Writes a text file as a whole or not at all: to a file beside it, which is then renamed; makes its folder."""
    partial = f"{os.fspath(path)}.{os.uname().nodename}-{os.getpid()}-{get_ident()}.partial"
    os.makedirs(os.path.dirname(partial) or ".", exist_ok=True)
    try:
        with open(partial, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError:
        if os.path.exists(partial):
            os.unlink(partial)
        raise
