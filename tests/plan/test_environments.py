import json
import os
import signal
import subprocess
import sys
import threading

import pytest
from gil_scaling.plan import environments, installers
from gil_scaling.plan.builds import find
from gil_scaling.plan.environments import Environments
from gil_scaling.plan.prober import Prober

from tests.support import ROOT, find_build, make_wheel


@pytest.fixture
def wheels(tmp_path):
    """A folder with two versions of demo, and of helper, which demo requires."""
    folder = tmp_path / "wheels"
    for version in ("1.0", "2.0"):
        make_wheel(folder, "demo", version, requires=("helper",))
    make_wheel(folder, "helper")
    return folder


@pytest.fixture
def make_environments(tmp_path, wheels):
    """Makes the Environments of one result set; without network, unless the test says so."""

    def make(*, makes=True, **options):
        index = {"find_links": str(wheels), "offline": True}
        return Environments(tmp_path / "results/m", index, Prober(tmp_path / "probes.json"), makes=makes, **options)

    return make


@pytest.fixture(params=["uv", "pip"])
def installer(request, monkeypatch):
    """Each installer; uv is where the one that runs the tests says."""
    if request.param == "pip":
        monkeypatch.setattr(installers, "choose", installers.Pip)
    elif not isinstance(installers.choose(), installers.Uv):
        pytest.skip("uv is missing")
    return request.param


def versions(build):
    return {name: package["version"] for name, package in build.facts["packages"].items()}


def ask(build, statement):
    return subprocess.run([*build.command, "-c", statement], capture_output=True, text=True, check=True).stdout.strip()


def test_a_build_gets_an_environment_and_a_lock_of_its_own(make_environments, this_build, installer, tmp_path):
    build = make_environments().equip(this_build, ["demo<2"])
    assert versions(build) == {"demo": "1.0", "helper": "1.0"}
    assert ask(build, "import demo, sys; print(demo.version, sys.flags.no_user_site)").startswith("1.0")
    assert build.fingerprint != this_build.fingerprint
    assert build.facts["digests"] == this_build.facts["digests"]
    assert build.facts["requires"] == ["demo<2"]
    assert str(tmp_path) not in json.dumps(build.describe())
    # its lock holds versions and hashes, but no paths
    text = (tmp_path / f"results/m/locks/{this_build.name}.txt").read_text()
    assert [line.split()[0] for line in text.splitlines() if "==" in line] == ["demo==1.0", "helper==1.0"]
    assert text.count("--hash=sha256:") == 2
    assert str(tmp_path) not in text


def test_a_complete_environment_asks_nobody(make_environments, this_build, monkeypatch):
    first = make_environments().equip(this_build, ["demo"])
    monkeypatch.setattr(installers, "choose", lambda: pytest.fail("asks an installer"))
    for makes in (True, False):
        assert make_environments(makes=makes).equip(this_build, ["demo"]) == first


def test_nothing_is_made_where_nothing_is_to_be_made(make_environments, this_build, tmp_path):
    found = make_environments(makes=False)
    build = found.equip(this_build, ["demo"])
    assert (build.environment, build.command) == (None, this_build.command)
    assert found.notes == [f"build {this_build.name!r}: would install demo"]
    assert not (tmp_path / "results").exists()


def test_a_lock_is_used_until_it_is_made_anew(make_environments, this_build, wheels):
    make_environments().equip(this_build, ["demo"])
    make_wheel(wheels, "demo", "3.0")
    assert versions(make_environments().equip(this_build, ["demo"]))["demo"] == "2.0"
    anew = make_environments(relocks=True)
    assert versions(anew.equip(this_build, ["demo"]))["demo"] == "3.0"
    assert anew.changes == [f"{this_build.name}: demo 2.0 → 3.0", f"{this_build.name}: helper 1.0 → –"]


def test_locks_of_other_requirements_stay_beside(make_environments, this_build, wheels, tmp_path):
    make_environments().equip(this_build, ["demo<2"])
    make_environments().equip(this_build, ["demo"])
    make_wheel(wheels, "demo", "1.5")
    assert versions(make_environments().equip(this_build, ["demo<2"]))["demo"] == "1.0"
    assert "demo==1.0" in (tmp_path / f"results/m/locks/{this_build.name}.txt").read_text()
    assert len(list((tmp_path / "results/m/locks").iterdir())) == 2


def test_a_package_without_a_wheel_makes_runs_unsupported(make_environments, this_build, wheels, installer):
    make_wheel(wheels, "compiled", tag="cp39-cp39-win_amd64")
    for _ in range(2):  # the lock says so, too
        build = make_environments().equip(this_build, ["compiled"])
        assert "compiled" in build.rejected
        assert "\n" not in build.rejected
        assert str(wheels) not in build.rejected


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [(["demo==9"], "demo"), (["demo==1.0", "demo==2.0"], "demo")],
)
def test_requirements_that_nothing_satisfies_are_refused(wanted, problem, make_environments, this_build, installer):
    with pytest.raises(installers.RequirementError, match=problem) as caught:
        make_environments().equip(this_build, wanted)
    assert "\n" not in str(caught.value)


def test_an_interrupted_installation_is_made_again(make_environments, this_build, tmp_path):
    build = make_environments().equip(this_build, ["demo"])
    (folder,) = (path for path in (tmp_path / "results/m/environments").iterdir() if path.is_dir())
    (folder / "complete").unlink()
    left = folder / "left over"
    left.touch()
    assert make_environments(makes=False).equip(this_build, ["demo"]).environment is None
    assert make_environments().equip(this_build, ["demo"]).facts == build.facts
    assert not left.exists()


def test_an_environment_that_cannot_be_removed_is_not_complete(tmp_path, monkeypatch):
    (tmp_path / "complete").touch()
    monkeypatch.setattr(environments.shutil, "rmtree", lambda folder, ignore_errors: None)
    with pytest.raises(environments.InstallError, match="cannot be removed"):
        environments._remove(tmp_path)
    assert not (tmp_path / "complete").exists()


def test_a_failed_installation_leaves_nothing(make_environments, this_build, monkeypatch, tmp_path):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(environments, "write_text", fail)
    with pytest.raises((installers.InstallError, OSError), match="No space left on device"):
        make_environments().equip(this_build, ["demo"])
    monkeypatch.undo()
    assert not list((tmp_path / "results/m").glob("environments/*/bin"))
    assert versions(make_environments().equip(this_build, ["demo"]))["demo"] == "2.0"


@pytest.fixture
def small_disk(tmp_path):
    """Resizes the disk that the result sets are on, which is one of its own."""
    folder = tmp_path / "results"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("a disk of its own takes the right to mount one")
    yield lambda size: subprocess.run(["mount", "-o", f"remount,size={size}", folder], check=True)
    subprocess.run(["umount", folder], check=True)


@pytest.mark.slow
def test_a_disk_that_is_full_may_have_room_again(
    small_disk, make_environments, this_build, wheels, installer, tmp_path
):
    make_wheel(wheels, "large", source=f"text = {'x' * 5_000_000!r}\n")
    with pytest.raises(installers.InstallError, match=r"^the disk is full$"):
        make_environments().equip(this_build, ["large"])
    assert not [path for path in (tmp_path / "results/m/environments").iterdir() if path.is_dir()]
    small_disk("100m")
    assert versions(make_environments().equip(this_build, ["large"])) == {"large": "1.0"}


def test_two_calls_at_once_make_one_environment(make_environments, this_build, tmp_path, monkeypatch):
    kind = type(installers.choose())
    made, install = [], kind.install

    def note(self, *arguments):
        made.append(arguments)
        install(self, *arguments)

    make_environments().equip(this_build, ["demo"])
    (folder,) = (path for path in (tmp_path / "results/m/environments").iterdir() if path.is_dir())
    (folder / "complete").unlink()
    monkeypatch.setattr(kind, "install", note)
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(make_environments().equip(this_build, ["demo"]))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert found[0].facts == found[1].facts


KILLED = """
import sys
from pathlib import Path
from gil_scaling.plan import builds, installers, prober
from gil_scaling.plan.environments import Environments

def install(self, python, folder, *rest):
    folder.mkdir(parents=True)
    (folder / "half").touch()
    print("installing", flush=True)
    sys.stdin.read()

installers.choose = installers.Pip
installers.Pip.install = install
root, wheels, name, *command = sys.argv[1:]
ask = prober.Prober(f"{root}/probes.json")
index = {"find_links": wheels, "offline": True}
Environments(Path(root, "results/m"), index, ask, makes=True).equip(builds.find({"name": name, "command": command}, ask), ["demo"])
"""


def test_a_killed_installation_is_made_again(make_environments, this_build, wheels, tmp_path):
    own = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(wheels), this_build.name, *this_build.command]
    with subprocess.Popen(command, env=own, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"installing\n"
        process.send_signal(signal.SIGKILL)
    assert list((tmp_path / "results/m/environments").glob("*/half"))
    assert versions(make_environments().equip(this_build, ["demo"])) == {"demo": "2.0", "helper": "1.0"}
    assert not list((tmp_path / "results/m/environments").glob("*/half"))


def test_the_import_of_each_requirement_is_described(make_environments, this_build, wheels):
    make_wheel(
        wheels,
        "slow-start",
        source="import threading, time\ntime.sleep(0.01)\nthreading.Thread(target=time.sleep, args=(9,)).start()",
    )
    make_wheel(wheels, "broken", source="import nothing_of_this_name")
    imports = make_environments().equip(this_build, ["slow-start", "broken"]).facts["imports"]
    assert imports["slow-start"]["modules"] == ["slow_start"]
    assert imports["slow-start"]["seconds"] >= 0.01
    assert (imports["slow-start"]["threads"], imports["slow-start"]["gil_modules"]) == (1, [])
    assert imports["broken"]["error"] == "ModuleNotFoundError: No module named 'nothing_of_this_name'"


def test_a_build_with_options_keeps_them(make_environments, this_build, tmp_path):
    entry = {"name": "dev", "command": [*this_build.command, "-X", "dev"], "env": {"A": "b"}}
    build = make_environments().equip(find(entry, Prober(tmp_path / "probes.json")), ["demo"])
    assert (build.options, build.env) == (["-X", "dev"], {"A": "b"})


@pytest.mark.slow
def test_a_real_package_is_installed_without_the_gil(tmp_path, tmp_path_factory):
    free_threaded = find_build("3.14t", tmp_path_factory)
    found = Environments(tmp_path / "m", {}, Prober(tmp_path / "probes.json"), makes=True)
    build = found.equip(free_threaded, ["markupsafe"])
    facts = build.facts["imports"]["markupsafe"]
    assert (facts["error"], facts["gil_enabled"]) == (None, False)
    assert list(versions(build)) == ["markupsafe"]
