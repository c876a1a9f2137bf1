"""Fuzzes what reads other people's files, guided by coverage: `python -m tests.fuzz [SECONDS] [PROPERTY ...]`, a minute each.

The properties are those of tests/analysis/test_foreign_files.py. It exits with 0 if it finds nothing. An input that
breaks a property, or takes more than a minute or 2 GiB, is printed, and tried first from then on: inputs are kept in
.hypothesis/fuzz. Needs atheris: `uv run --group dev --with atheris python -m tests.fuzz`.
"""

import random
import subprocess
import sys
from pathlib import Path

MOST_MB, MOST_S = 2048, 60
_SEEDS, _MOST_BYTES = 40, 1024  # what hypothesis makes its examples of


def properties():
    """{name: property} of the module, with the reading side instrumented."""
    import atheris

    with atheris.instrument_imports(include=["gil_scaling"]):
        from tests.analysis import test_foreign_files
    return {name: found for name, found in vars(test_foreign_files).items() if hasattr(found, "hypothesis")}


def fuzz(name, *limits):
    """Fuzzes one property until a limit of libFuzzer; ends the process."""
    import atheris

    found = properties()[name].hypothesis.fuzz_one_input
    corpus = Path(".hypothesis/fuzz", name)
    corpus.mkdir(parents=True, exist_ok=True)
    for number in range(_SEEDS):
        (corpus / str(number)).write_bytes(random.Random(number).randbytes(_MOST_BYTES))
    limits = [*limits, f"-rss_limit_mb={MOST_MB}", f"-timeout={MOST_S}", f"-max_len={_MOST_BYTES}", "-len_control=0"]
    atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={corpus}/", str(corpus)], found)
    atheris.Fuzz()


def main(seconds="60", *chosen):
    """Fuzzes properties one after the other, each in a separate process; returns how many are broken."""
    status = 0
    for name in chosen or properties():
        program = f"from tests import fuzz; fuzz.fuzz({name!r}, '-max_total_time={seconds}')"
        done = subprocess.run(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        print(f"{name}: {'holds' if done.returncode == 0 else 'BROKEN'}\n{done.stdout[-3000:]}", flush=True)
        status += done.returncode != 0
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
