"""Result sets of three machines, and the pages that compare some of them."""

from functools import cache

import pytest

from tests.analysis.report.pages import compared, result_set


@pytest.fixture(scope="session")
def sets(tmp_path_factory):
    """{name: result set}: first and later are of the machine m, b and c of other ones. Read-only."""
    folder = tmp_path_factory.mktemp("sets")
    machines = {"first": "m", "later": "m", "b": "b", "c": "c"}
    return {
        name: result_set(folder / name, day=day, machine=machine)
        for day, (name, machine) in enumerate(machines.items(), 1)
    }


@pytest.fixture(scope="session")
def page_of(sets, tmp_path_factory):
    """Returns the data of the page that compares the sets of some names, made once. Read-only."""
    return cache(lambda *names: compared(tmp_path_factory.mktemp("compared"), *map(sets.get, names)))
