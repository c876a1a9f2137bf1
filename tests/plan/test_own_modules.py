import ast

import pytest
from gil_scaling.plan import own_modules


@pytest.mark.parametrize(
    ("line", "files"),
    [
        ("import helper.part as h", {"helper.py", "helper/__init__.py", "helper/part.py"}),
        ("from helper import part", {"helper.py", "helper/__init__.py", "helper/part.py"}),
        ("from . import one", {"pack/one.py"}),
        ("from .one import f", {"pack/one.py"}),
        ("from .. import helper", {"helper.py", "helper/__init__.py"}),
        ("from pack.one import *", {"pack/__init__.py", "pack/one.py"}),
        ("from gil_scaling.measure import worker", set()),
        ("x = 1", set()),
    ],
)
def test_own_modules_that_a_line_imports_are_found(line, files, tmp_path):
    for name in ("helper.py", "helper/__init__.py", "helper/part.py", "pack/__init__.py", "pack/one.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = own_modules._imported(ast.parse(line).body[0], tmp_path / "pack/mine.py", tmp_path)
    assert {str(path.relative_to(tmp_path)) for path in found if path.is_file()} == files


def test_the_digest_covers_modules_imported_indirectly(tmp_path, monkeypatch):
    monkeypatch.setattr(own_modules, "_FOLDER", tmp_path)
    (tmp_path / "w.py").write_text("from gil_scaling.measure.workloads import _a\n")
    (tmp_path / "_a.py").write_text("def f():\n    from gil_scaling.measure.workloads import _b\n")
    (tmp_path / "_b.py").write_text("n = 1\n")
    before = own_modules.digest(own_modules.read_sources(tmp_path / "w.py", tmp_path))
    (tmp_path / "_b.py").write_text("n = 2\n")
    assert own_modules.digest(own_modules.read_sources(tmp_path / "w.py", tmp_path)) != before
