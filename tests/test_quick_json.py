import json
import subprocess
import sys

import pytest
from gil_scaling import quick_json

from tests.support import ROOT

VALUES = [
    {"b": 1, "a": [1.5, -0.0, 1e300, True, None, {}], "é": "\x00\ud800\U0001f600"},
    {1: "one", None: "none", 2: [], 0.5: {}},
    [float("inf"), -float("inf"), 10**30],
    "text",
    7,
]


@pytest.mark.parametrize("sort_keys", [False, True])
@pytest.mark.parametrize("value", VALUES, ids=str)
def test_values_are_written_and_read_as_json_does(value, sort_keys):
    sort_keys = sort_keys and not (isinstance(value, dict) and None in value)
    text = json.dumps(value, sort_keys=sort_keys)
    assert quick_json.dumps(value, sort_keys=sort_keys) == text
    for form in (text, text.encode(), f" \t\r\n{text}\n "):
        assert quick_json.loads(form) == json.loads(form)


def failure(function, *arguments, **options):
    with pytest.raises((ValueError, TypeError, RecursionError)) as raised:
        function(*arguments, **options)
    return raised.type, str(raised.value)


@pytest.mark.parametrize("text", ["", "{", "[1,]", "1 2", "nul", '{"a" 1}', '"\n"', "\ufeff1", b"\xff", "[" * 10**5])
def test_texts_that_are_not_json_fail_as_with_json(text):
    assert failure(quick_json.loads, text) == failure(json.loads, text)


LOOP = []
LOOP.append(LOOP)


@pytest.mark.parametrize("value", [float("nan"), object(), {(1, 2): 3}, LOOP], ids=type)
def test_values_that_are_not_json_fail_as_with_json(value):
    assert failure(quick_json.dumps, value, allow_nan=False) == failure(json.dumps, value, allow_nan=False)


def test_each_build_reads_and_writes_without_json(build):
    program = "from gil_scaling.quick_json import dumps, loads; assert loads(dumps([{'a': 1.5}], sort_keys=True)) == [{'a': 1.5}]"
    program = f"import sys; sys.path.insert(0, {str(ROOT / 'scripts')!r}); {program}; print('json' in sys.modules)"
    done = subprocess.run([build.command[0], "-I", "-S", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("name", ["make_scanner", "make_encoder", "encode_basestring_ascii"])
def test_json_does_it_where_a_function_of_c_is_missing(name, monkeypatch):
    monkeypatch.delattr(sys.modules["_json"], name)
    assert quick_json.loads(quick_json.dumps({"a": [1]})) == {"a": [1]}
