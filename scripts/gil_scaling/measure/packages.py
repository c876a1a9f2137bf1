"""The packages that are installed for this build."""

import hashlib
import json
import os
import re
import sys
from importlib import metadata

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def packages() -> "dict[str, dict[str, Any]]":
    """{name: {version, digest, editable}} of what is installed, by name; the first of a name on sys.path is the one imported.

    digest: SHA-256 of what its RECORD says of the files to import; None for one without RECORD and for an editable one,
    whose files are elsewhere.
    """
    found: dict[str, dict[str, Any]] = {}
    for each in metadata.distributions():
        said: Any = each.metadata or {}  # parsed anew by each access
        if name := said.get("Name"):
            found.setdefault(re.sub(r"[-_.]+", "-", name).lower(), _describe(each, said.get("Version")))
    return dict(sorted(found.items()))


def folders() -> "list[str]":
    """The folders of sys.path into which packages are installed."""
    return [path for path in sys.path if os.path.basename(path) in ("site-packages", "dist-packages")]


def _describe(package: metadata.Distribution, version: "str | None") -> "dict[str, Any]":
    record = package.read_text("RECORD")
    origin = json.loads(package.read_text("direct_url.json") or "{}")
    editable = bool(origin.get("dir_info", {}).get("editable"))
    digest = None if editable or record is None else _digest(record)
    return {"version": version or "", "digest": digest, "editable": editable}


def _digest(record: str) -> str:
    """A digest of the lines about files to import: the others (scripts, direct_url.json) depend on where it is installed."""
    lines = [line for line in record.splitlines() if not re.match(r"\.\.|/|[^,]*(\.dist-info/|\.pyc,)", line)]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
