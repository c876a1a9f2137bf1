import pytest
from gil_scaling.measure import task_lists
from gil_scaling.plan import catalog

BUILT_IN = catalog.names(catalog.WORKLOADS)


@pytest.mark.parametrize("name", BUILT_IN)
def test_no_built_in_workload_rejects_its_defaults(name):
    assert task_lists.find_rejection(name, catalog.read_workload(name, ".").defaults) is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("def tasks(n): yield from range(n)", "raises TypeError: 'str' object cannot be interpreted as an integer"),
        ("def tasks(n, workers): return [n] * workers", None),
        ("def tasks(n): assert n != 'x', 'no x'; return [n]", "raises AssertionError: no x"),
        ("def tasks(n): raise RuntimeError", None),
        ("def tasks(n): raise SystemExit", None),
    ],
)
def test_a_rejection_is_what_parameters_can_cause(body, reason, tmp_path):
    (tmp_path / "w.py").write_text(f"{body}\ndef task(a): return a\n")
    assert task_lists.find_rejection(str(tmp_path / "w.py"), {"n": "x"}) == reason
