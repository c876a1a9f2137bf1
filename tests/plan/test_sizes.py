import json
from types import SimpleNamespace

import pytest
from gil_scaling.launch import calibrate
from gil_scaling.plan import builds, catalog, sizes

BUILD = builds.Build("3.14", ("python",), {}, {})


@pytest.fixture
def settle(tmp_path):
    """Settles entries with a search that finds 42; returns them, and the searches."""

    def settled(items, find=None):
        searched = []

        def found(workload, params, parameter, build):
            searched.append((workload.name, params, parameter, build.name))
            return 42, 0.31

        made = sizes.Sizes(tmp_path / "set" / "sizes.json", find or found)
        return made.settled(items, BUILD), searched, made

    return settled


def test_an_auto_becomes_the_number_that_was_found(settle):
    items, searched, made = settle(["noop", {"py_loop": {"n": "auto", "count": 4}}])
    assert items == ["noop", {"py_loop": {"n": 42, "count": 4}}]
    assert searched == [("py_loop", {"count": 4}, "n", "3.14")]
    assert [(one["value"], one["seconds"], one["python"]) for one in made.used] == [(42, 0.31, "3.14")]


def test_size_stands_for_the_first_whole_number(settle):
    assert settle([{"lock_counter": {"size": "auto"}}])[0] == [{"lock_counter": {"n": 42}}]
    assert settle([{"hashlib_large": {"size": "auto"}}])[0] == [{"hashlib_large": {"size": 42}}]


def test_a_known_size_is_not_calibrated_again(settle, tmp_path):
    settle([{"py_loop": {"n": "auto"}}])
    items, searched, _ = settle([{"py_loop": {"n": "auto"}}])
    assert (items, searched) == ([{"py_loop": {"n": 42}}], [])
    assert len(json.loads((tmp_path / "set" / "sizes.json").read_text())) == 1


def test_other_parameters_have_a_size_of_their_own(settle):
    items, searched, _ = settle([{"py_loop": {"n": "auto", "count": {"sweep": [1, 2]}}}])
    assert items == [{"py_loop": {"count": 1, "n": 42}}, {"py_loop": {"count": 2, "n": 42}}]
    assert [params for _, params, _, _ in searched] == [{"count": 1}, {"count": 2}]


def test_another_parameter_may_be_called_auto(settle, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("def tasks(n=3, mode='fast'): return [mode] * n\ndef task(a): return a\n")
    given = {"./mine.py": {"n": "auto", "mode": "auto"}}
    assert settle([given])[0] == [{"./mine.py": {"n": 42, "mode": "auto"}}]


def test_a_calibration_that_ends_badly_is_an_error(monkeypatch, this_build):
    monkeypatch.setattr(sizes.subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=1, stdout=""))
    with pytest.raises(sizes.SizeError, match="py_loop: n: auto: the calibration ended with status 1"):
        sizes.find(catalog.read_workload("py_loop", "."), {"count": 2}, "n", this_build, None)


def test_unreadable_sizes_are_an_error(tmp_path):
    (tmp_path / "sizes.json").write_text("[{")
    with pytest.raises(sizes.SizeError, match=r"sizes\.json: cannot be read: .*; without it the sizes would change"):
        sizes.Sizes(tmp_path / "sizes.json", None)


def test_unknown_sizes_are_defaults_if_nothing_may_run(tmp_path):
    made = sizes.Sizes(tmp_path / "sizes.json", None)
    assert made.settled([{"py_loop": {"n": "auto"}}], BUILD) == [{"py_loop": {"n": 1_000_000}}]
    assert not (tmp_path / "sizes.json").exists()


@pytest.mark.parametrize(
    ("name", "given", "problem"),
    [
        ("py_loop", {"n": "auto", "count": "auto"}, "n and count are both auto; only one can be calibrated"),
        (
            "sum_range",
            {"size": "auto"},
            "has no parameter whose default is a whole number, so `auto` cannot be calibrated",
        ),
    ],
)
def test_an_ambiguous_auto_is_refused(name, given, problem):
    with pytest.raises(catalog.CatalogError, match=problem):
        catalog.auto_parameter(catalog.read_workload(name, "."), given)


def test_auto_is_a_plain_text_for_text_parameters():
    assert catalog.auto_parameter(catalog.read_workload("pattern", "."), {"name": "auto"}) is None


def test_a_real_workload_is_calibrated_on_a_real_build(this_build):
    value, seconds = sizes.find(catalog.read_workload("py_loop", "."), {"count": 2}, "n", this_build, None)
    assert value == calibrate.rounded(value) >= 10_000
    assert seconds > 0


def test_a_workload_that_fails_has_no_size(this_build, tmp_path):
    (tmp_path / "bad.py").write_text("def tasks(n=10): return [n]\ndef task(n): raise KeyError('lost')\n")
    workload = catalog.read_workload("./bad.py", tmp_path)
    with pytest.raises(sizes.SizeError, match="bad: n: auto: failed: KeyError: 'lost'"):
        sizes.find(workload, {}, "n", this_build, None)
