"""The tests, and tools such as `python -m tests.interruptions`, to which this file shows the package in scripts/."""

import sys
from pathlib import Path

SCRIPTS = str(Path(__file__).parent.parent / "scripts")
if SCRIPTS not in sys.path:
    sys.path.insert(0, SCRIPTS)
