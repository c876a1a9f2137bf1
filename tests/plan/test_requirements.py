import pytest
from gil_scaling.plan import requirements


def test_a_requirement_without_a_name_is_a_mistake():
    assert requirements.mistake("numpy==2.4.*") is None
    assert requirements.mistake("scikit-learn[all]>=1; python_version > '3.9'") is None
    assert requirements.mistake("--index-url x") == (
        "'--index-url x' is not a requirement: Expected package name at the start of dependency specifier. "
        "Expected: a name, with versions if they matter, such as numpy==2.4.*."
    )


def test_a_requirement_by_address_is_a_mistake():
    assert requirements.mistake("demo @ file:///tmp/demo.whl").startswith(
        "'demo @ file:///tmp/demo.whl' names a file or address."
    )


@pytest.mark.parametrize("text", ["NumPy>=2", "numpy", "numpy [x]; python_version > '3'"])
def test_the_project_of_a_requirement_is_normalised(text):
    assert requirements.project(text) == "numpy"
    assert requirements.project("Ruamel_YAML.clib") == "ruamel-yaml-clib"


def test_own_requirements_replace_those_of_the_same_package():
    assert requirements.replace_by_name(["numpy==2.4.*", "joblib"], ["NumPy==2.3.*"]) == ["joblib", "NumPy==2.3.*"]


SCRIPT = """\
'''What it shows.'''
# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "numpy>=2",
#
#   "joblib",
# ]
# ///
def tasks(): return [1]
"""


def test_a_script_block_declares_requirements():
    assert requirements.of_script(SCRIPT) == ("numpy>=2", "joblib")
    assert requirements.of_script("# /// script\n# ///\n") == ()
    assert requirements.of_script("# dependencies = ['numpy']\n") == ()


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (SCRIPT + "x = 1\n" + SCRIPT, "has two `# /// script` blocks"),
        ("# /// script\n# dependencies = 'numpy'\n# ///\n", "must have a list of texts as dependencies"),
        ("# /// script\n# dependencies = [\n# ///\n", "its `# /// script` block is not TOML"),
        ("# /// script\n# dependencies = ['=1']\n# ///\n", "'=1' is not a requirement"),
    ],
)
def test_a_wrong_script_block_is_refused(source, problem):
    with pytest.raises(ValueError, match=problem):
        requirements.of_script(source)
