import pytest
from gil_scaling.plan.installers import (
    _RUN_PIP,
    InstallError,
    NoWheelError,
    Pip,
    RequirementError,
    Uv,
    _explain_all_of_pip,
    _explain_pip,
    _explain_uv,
    choose,
)

from tests.support import run_python

NEW_UV = "error: No solution found when resolving dependencies\n  cause: {}\n\nhint: Wheels are required for `x`\n"
OLD_UV = "  × No solution found when resolving dependencies:\n  ╰─▶ {}\n\n      hint: Pre-releases are available\n"
END = "we can conclude that your requirements are unsatisfiable."


@pytest.mark.parametrize("form", [NEW_UV, OLD_UV])
@pytest.mark.parametrize(
    ("sentence", "kind", "text"),
    [
        (
            f"Because you require a==1\n      and a==2, {END}",
            RequirementError,
            f"Because you require a==1 and a==2, {END[:-1]}",
        ),
        (
            f"Because there is no version of a==9 and you require a==9, {END}",
            RequirementError,
            f"Because there is no version of a==9 and you require a==9, {END[:-1]}",
        ),
        (
            f"Because a==1 has no usable wheels and you require a==1, {END}",
            NoWheelError,
            "a==1 has no wheel for this Python",
        ),
        (
            f"Because a==1 has no wheels with a matching Python ABI tag (e.g., `cp314t`) and you require a==1, {END}",
            NoWheelError,
            "a==1 has no wheel for this Python",
        ),
        (
            f"Because the current Python version (3.9.2) does not satisfy Python>=3.11, {END}",
            NoWheelError,
            f"Because the current Python version (3.9.2) does not satisfy Python>=3.11, {END[:-1]}",
        ),
    ],
)
def test_a_refusal_of_uv_is_one_sentence(form, sentence, kind, text):
    error = _explain_uv(form.format(sentence))
    assert (type(error), str(error)) == (kind, text)


@pytest.mark.parametrize(
    ("output", "text"),
    [
        (
            "error: Request failed after 3 retries in 7.9s\n  cause: Failed to fetch: https://wheels.example/a/\n"
            "  cause: error sending request for url (https://wheels.example/a/)\n",
            "packages cannot be fetched: Request failed after 3 retries in 7.9s: Failed to fetch: the package index",
        ),
        (
            NEW_UV.format(f"Because a was not found in the cache and you require a, {END}")
            + "hint: Packages were unavailable because the network was disabled.\n",
            f"packages cannot be fetched: Because a was not found in the cache and you require a, {END[:-1]}",
        ),
        ("error: failed to write to file\n  cause: No space left on device (os error 28)\n", "the disk is full"),
        ("error: unexpected argument '--x' found\n\nUsage: uv pip\n", "unexpected argument '--x' found"),
    ],
)
def test_what_is_no_refusal_is_explained_too(output, text):
    error = _explain_uv(output)
    assert (type(error), str(error)) == (InstallError, text)


PIP = """\
ERROR: Ignored the following yanked versions: 0.1
ERROR: Could not find a version that satisfies the requirement a==1.* (from versions: 2.0, 3.0)
ERROR: No matching distribution found for a==1.*
"""
SKIPPED = (
    "  Skipping link: none of the wheel's tags (cp39-cp39-win_amd64) are compatible (run pip debug --verbose to show "
    "compatible tags): https://wheels.example/a/a-{}-cp39-cp39-win_amd64.whl (from https://wheels.example/a/)\n"
)


def test_a_refusal_of_pip_omits_the_other_versions():
    error = _explain_pip(PIP)
    sentence = "Could not find a version that satisfies the requirement a==1.*"
    assert (type(error), str(error)) == (RequirementError, sentence)


@pytest.mark.parametrize(
    ("version", "kind"), [("1.5", NoWheelError), ("0.9", RequirementError), ("x", RequirementError)]
)
def test_a_wheel_that_pip_skips_is_the_reason_if_it_fits(version, kind):
    error = _explain_all_of_pip(SKIPPED.format(version) + PIP)
    assert type(error) is kind
    assert kind is RequirementError or str(error) == "a==1.* has no wheel for this Python"


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        ("import sys; sys.modules['ensurepip'] = None", "import of ensurepip halted"),
        ("import sysconfig; sysconfig.get_config_var = lambda name: '/nowhere'", "no wheel in /nowhere"),
    ],
)
def test_a_python_without_pip_for_its_environments_says_so(before, reason):
    done = run_python("-c", f"{before}\n{_RUN_PIP}")
    error = _explain_pip(f"{done.stdout}\n{done.stderr}")
    assert (done.returncode, type(error)) == (1, InstallError)
    assert str(error).startswith(f"this Python has no pip for its environments: {reason}")


def test_uv_is_where_it_says_to_what_it_runs(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("UV", "/opt/uv")
    assert isinstance(choose(), Uv)
    monkeypatch.delenv("UV")
    assert isinstance(choose(), Pip)
