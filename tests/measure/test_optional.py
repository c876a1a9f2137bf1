"""Workloads and backends that need a package: with it on the Python of the tests, and without any."""

import asyncio
import sys
from types import SimpleNamespace

import pytest
from gil_scaling.measure.optional import explain_missing
from gil_scaling.measure.task_lists import find_rejection
from gil_scaling.measure.workloads import asgi, group_by, json_round_trip, numpy_matmul, numpy_ufunc

from tests.measure.running import SMALL_PARAMS, measure, measure_file

NEEDED = [  # (package, workload, parameters)
    ("numpy", "numpy_small", {}),
    ("numpy", "numpy_large", {}),
    ("numpy", "numpy_matmul", {}),
    ("numpy", "numpy_ufunc", {}),
    ("msgspec", "json_round_trip", {"library": "msgspec"}),
    ("orjson", "json_round_trip", {"library": "orjson"}),
    ("starlette", "asgi", {"framework": "starlette"}),
    ("pandas", "group_by", {"library": "pandas"}),
    ("polars", "group_by", {"library": "polars"}),
]
JOBLIB = ["joblib_loky", "joblib_multiprocessing", "joblib_threading"]


@pytest.fixture
def bare_build():
    """The Python of the tests without any installed package."""
    return SimpleNamespace(command=[sys.executable, "-S"], env={})


@pytest.mark.parametrize("backend", ["sequential", "thread", "process_pool"])
@pytest.mark.parametrize(("package", "workload", "params"), NEEDED, ids=str)
def test_workload_runs_with_its_package(package, workload, params, backend, this_build, tmp_path):
    pytest.importorskip(package)
    params = {**SMALL_PARAMS[workload], **params}
    result = measure(this_build, tmp_path, workload=workload, params=params, backend=backend)
    assert (result.status, result.reason) == ("ok", None)


@pytest.mark.slow
@pytest.mark.parametrize(("package", "workload", "params"), NEEDED, ids=str)
def test_without_its_package_a_workload_is_unsupported(package, workload, params, bare_build, tmp_path):
    result = measure(bare_build, tmp_path, workload=workload, params={**SMALL_PARAMS[workload], **params})
    expected = f"{package} cannot be imported in this Python: No module named '{package}'"
    assert (result.status, result.reason) == ("unsupported", expected)


@pytest.mark.slow
@pytest.mark.parametrize("backend", JOBLIB)
def test_without_joblib_its_backends_are_unsupported(backend, bare_build, tmp_path):
    result = measure(bare_build, tmp_path, backend=backend)
    expected = "joblib cannot be imported in this Python: No module named 'joblib'"
    assert (result.status, result.reason) == ("unsupported", expected)


IMPORTS = """
import sys
def available():
    import colorsys
def tasks(): return [1, 2]
def task(_): return "colorsys" in sys.modules
def check(results, _): assert all(results)
"""


@pytest.mark.parametrize("backend", ["process_spawn", "process_forkserver"])
def test_new_processes_import_what_available_imports(backend, this_build, tmp_path):
    result = measure_file(this_build, tmp_path, IMPORTS, backend=backend)
    assert (result.status, result.reason) == ("ok", None)


def test_a_package_that_can_be_imported_is_not_missing():
    assert explain_missing("json") is None


@pytest.mark.parametrize(
    ("workload", "params", "reason"),
    [
        (
            "json_round_trip",
            {"library": "orjsn"},
            "ValueError: library: no library 'orjsn'. Known: json, orjson, msgspec.",
        ),
        ("asgi", {"framework": "x"}, "ValueError: framework: no framework 'x'. Known: none, starlette."),
        ("group_by", {"library": "x"}, "ValueError: library: no library 'x'. Known: pandas, polars."),
    ],
)
def test_an_unknown_package_is_rejected(workload, params, reason):
    assert find_rejection(workload, params) == f"raises {reason}"


def test_an_unknown_operation_of_numpy_is_rejected():
    with pytest.raises(ValueError, match=r"no operation 'cos'\. Known: add_out, add, "):
        numpy_ufunc.tasks("cos")


@pytest.mark.parametrize("library", ["json", "msgspec", "orjson"])
def test_all_records_come_back_from_each_json_library(library):
    pytest.importorskip(library)
    assert json_round_trip.task((1, 5, 3, library)) == 15


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_group_by_sums_the_values_of_each_key(library):
    pytest.importorskip(library)
    assert group_by.task((0, 6, 2, 1, library)) == (2, 1 + 3 + 5)  # keys 0 1 0 1 0 1, values 0 to 5


@pytest.mark.parametrize("framework", ["none", "starlette"])
def test_asgi_application_adds_the_prices_of_an_order(framework):
    if framework != "none":
        pytest.importorskip(framework)
    assert asgi.task((1, 2, 3, framework)) == 7 + 14 + 21


def test_asgi_answer_with_another_status_is_an_error():
    async def failing(scope, receive, send):
        await send({"type": "http.response.start", "status": 500, "headers": []})

    with pytest.raises(ValueError, match="the answer has the status 500"):
        asyncio.run(asgi._post(failing, b""))


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("add_out", 6 + 8),
        ("add", 6 + 8),
        ("plus", 6 + 8),
        ("add_mixed", 6 + 8),
        ("add_reduce", 6),
        ("sin", 1.8918884196934453),
        ("sin_scalar", 0.9092974268256817),
        ("sinc", 1),
        ("times_pi", 18.84955592153876),
    ],
)
def test_numpy_operations_give_the_sum_of_their_result(operation, expected):
    assert numpy_ufunc.task((1, operation, 4, 2)) == pytest.approx(expected)  # of 0, 1, 2, 3 and twos


def test_numpy_matmul_gives_the_sum_of_the_product():
    assert numpy_matmul.task((1, 2, 1)) == 52  # [[1, 2], [3, 4]] times its transpose is [[5, 11], [11, 25]]
