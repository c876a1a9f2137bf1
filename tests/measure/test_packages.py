import json
import subprocess

import pytest
from gil_scaling.plan import builds
from gil_scaling.plan.prober import Prober

CODE = "demo.py,sha256=aa,1\n"


@pytest.fixture
def venv(build, tmp_path):
    """Makes a virtual environment of a build: its name ▶ (its Python, its site-packages)."""

    def make(name):
        subprocess.run([build.command[0], "-m", "venv", "--without-pip", tmp_path / name], check=True)
        (folder,) = (tmp_path / name / "lib").glob("python*/site-packages")
        return tmp_path / name / "bin/python", folder

    return make


def install(folder, version="1.0", record=CODE, direct_url=None):
    for old in folder.glob("demo-*"):
        for file in old.iterdir():
            file.unlink()
        old.rmdir()
    info = folder / f"demo-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: Demo\nVersion: {version}\n")
    if record is not None:
        (info / "RECORD").write_text(record)
    if direct_url:
        (info / "direct_url.json").write_text(json.dumps(direct_url))


def found(python, tmp_path):
    return builds.find({"name": "x", "command": str(python)}, Prober(tmp_path / "cache.json"))


def test_builds_of_one_python_differ_by_their_packages(venv, tmp_path):
    (one, folder), (other, other_folder) = venv("one"), venv("other")
    install(folder, record=CODE + "../../../bin/demo,sha256=bb,2\ndemo-1.0.dist-info/direct_url.json,sha256=cc,3\n")
    install(other_folder)
    same = found(one, tmp_path).fingerprint
    assert found(other, tmp_path).fingerprint == same
    install(other_folder, "2.0")
    assert found(other, tmp_path).fingerprint != same
    install(other_folder, record="demo.py,sha256=dd,1\n")
    assert found(other, tmp_path).fingerprint != same


@pytest.mark.parametrize(
    ("options", "editable"),
    [({"record": None}, False), ({"direct_url": {"url": "file:///x", "dir_info": {"editable": True}}}, True)],
)
def test_editable_and_unrecorded_packages_have_no_digest(options, editable, venv, tmp_path):
    python, folder = venv("one")
    install(folder, **options)
    described = found(python, tmp_path).describe()
    assert described["packages"] == {"demo": {"version": "1.0", "digest": None, "editable": editable}}
    assert str(tmp_path) not in json.dumps(described)


def test_an_installation_without_a_name_is_left_out(venv, tmp_path):
    python, folder = venv("one")
    (folder / "broken-1.0.dist-info").mkdir()
    assert found(python, tmp_path).facts["packages"] == {}
