import pytest
from gil_scaling.measure import source_lines

SOURCE = "import os\n\n\ndef outer():\n    x = 1\n\n    def inner():\n        return 2\n    return inner\n"


@pytest.mark.parametrize(("line", "shown"), [(8, [7, 8]), (5, [4, 5, 6, 7, 8, 9]), (1, [1]), (99, [])])
def test_the_innermost_function_around_a_line_is_shown(line, shown, tmp_path):
    (tmp_path / "a.py").write_text(SOURCE)
    found = source_lines.functions_around(str(tmp_path / "a.py"), [line])
    assert list(found) == shown
    assert [found[number] for number in shown] == [SOURCE.splitlines()[number - 1] for number in shown]


def test_a_source_that_is_not_there_shows_nothing(tmp_path):
    assert source_lines.functions_around(str(tmp_path / "gone.py"), [1]) == {}
    (tmp_path / "bad.py").write_text("def (")
    assert source_lines.functions_around(str(tmp_path / "bad.py"), [1]) == {}


def test_a_long_function_is_cut_around_the_line(tmp_path):
    (tmp_path / "a.py").write_text("def f():\n" + "    x = 1\n" * 500)
    found = source_lines.functions_around(str(tmp_path / "a.py"), [300])
    assert (min(found), max(found)) == (260, 340)


def test_names_have_no_folders_of_the_machine(tmp_path):
    inside, other, third = (str(tmp_path / name) for name in ("work/a/mine.py", "elsewhere/b/c.py", "elsewhere/d.py"))
    assert source_lines.relative_names([inside], str(tmp_path / "work")) == {inside: "a/mine.py"}
    assert source_lines.relative_names([other, third], "/nowhere") == {other: "b/c.py", third: "d.py"}
    assert source_lines.relative_names([other], "/nowhere") == {other: "c.py"}
