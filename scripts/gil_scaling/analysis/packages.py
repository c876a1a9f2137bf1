"""Which facts and installed packages make two builds unlike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Facts of a build that may explain a difference in times besides the GIL, and how they are named
COMPARED_FACTS = {"version": "version", "compiler": "compiler", "pgo": "PGO", "lto": "LTO"}
_INSTALLERS = {"pip", "setuptools", "wheel"}  # a build brings its own, and workloads do not import them


def package_versions(build: Mapping[str, Any]) -> dict[str, str]:
    """{name: version} of the packages of a build, as in sets.json."""
    return {name: package["version"] for name, package in build["packages"].items()}


def unlike_packages(build: Mapping[str, str], reference: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """{name: (version of the build, version of the reference)} of packages that both have in different versions.

    Both arguments are {name: version}. A package that only one of them has cannot explain a difference: a workload that
    imports it does not run on the other.
    """
    both = sorted((build.keys() & reference.keys()) - _INSTALLERS)
    return {name: (build[name], reference[name]) for name in both if build[name] != reference[name]}
