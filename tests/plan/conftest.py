"""What the tests of requests and plans share: builds that are probed once."""

from functools import cache

import pytest
from gil_scaling.plan import prober


@pytest.fixture(scope="session")
def facts_of():
    """Returns the facts of a build that was probed with these variables, once."""
    probe = prober._probe
    return cache(lambda command, env: probe(command, dict(env)))


@pytest.fixture
def probed_once(facts_of, monkeypatch):
    """Tests that use it probe no build that one of them has probed."""
    monkeypatch.setattr(prober, "_probe", lambda command, env: dict(facts_of(tuple(command), tuple(env.items()))))
