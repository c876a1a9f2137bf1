"""What a call passes to its jobs: files named by a digest of their content, so that a job is done again where it changes."""

import hashlib
import json
from pathlib import Path
from typing import Any

from gil_scaling.result_set import write_text


def digest(value: Any) -> str:
    """The first sixteen hexadecimal digits of the hash of a JSON value."""
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:16]


def write(folder: Path, name: str, content: Any) -> str:
    """Writes an order under a name that ends with its digest; returns its path."""
    path = folder / f"{name}-{digest(content)}.json"
    write_text(path, json.dumps(content))
    return str(path)
