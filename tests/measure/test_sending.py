import pytest
from gil_scaling.measure import sending

from tests.support import make_spec


@pytest.fixture
def measure(tmp_path):
    """Measures sending the tasks of a workload with a source."""

    def measured(source):
        (tmp_path / "w.py").write_text(source)
        return sending.measure(make_spec(reference=str(tmp_path / "w.py"), params={}))

    return measured


def test_sending_counts_arguments_and_results(measure):
    source = "def tasks(): return [b'x' * 10_000] * 3\ndef task(a): return a[:5_000]\n"
    found = measure(source)
    assert 45_000 < found["bytes"] < 45_500
    assert found["seconds"] > 0


def test_sending_takes_arguments_as_they_are_before_the_tasks(measure):
    source = "def tasks(): return [[b'x' * 10_000]]\ndef task(a): a.clear()\n"
    assert measure(source)["bytes"] > 10_000


def test_sending_what_cannot_be_pickled_raises(measure):
    with pytest.raises(Exception, match="pickle"):
        measure("def tasks(): return [lambda: 1]\ndef task(a): a()\n")
