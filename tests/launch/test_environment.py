from gil_scaling.launch import environment

CHECKED = """
def task(a):
    return sorted((name, value) for name, value in os.environ.items() if name.startswith(("PYTHON", "OMP")))
def check(results, arguments):
    names = dict(results[0])
    assert names.pop("PYTHONPATH")
    assert names == {"PYTHONHASHSEED": "5", "PYTHON_JIT": "0", "PYTHONSAFEPATH": "1", "OMP_NUM_THREADS": "1"}, names
"""


def test_environment_keeps_what_is_not_of_python():
    inherited = {"PATH": "/bin", "PYTHONPATH": "/x", "PYTHON_GIL": "0", "GIL_SCALING_CALL": "{}", "HOME": "/h"}
    variables = environment.environment({"PYTHONPATH": "/mine"}, 3, inherited)
    assert variables["PYTHONPATH"] == f"{environment.SCRIPTS}:/mine"
    assert (variables["PATH"], variables["HOME"]) == ("/bin", "/h")
    assert (variables["PYTHONHASHSEED"], variables["PYTHON_JIT"]) == ("3", "0")
    assert variables["PYTHONSAFEPATH"] == "1"
    assert not {"PYTHON_GIL", "GIL_SCALING_CALL"} & variables.keys()


def test_libraries_get_one_thread_unless_the_entry_sets_more():
    variables = environment.environment({"OPENBLAS_NUM_THREADS": "4"}, inherited={"MKL_NUM_THREADS": "8"})
    assert {name: variables[name] for name in environment.THREAD_LIMITS} == {
        **dict.fromkeys(environment.THREAD_LIMITS, "1"),
        "OPENBLAS_NUM_THREADS": "4",
    }


def test_variables_of_the_user_do_not_reach_the_build(start):
    polluted = {"PYTHON_GIL": "1", "PYTHONSTARTUP": "x.py", "PYTHONOPTIMIZE": "2", "OMP_NUM_THREADS": "7"}
    result = start(CHECKED, environment=polluted, round=5)
    assert (result.status, result.measured["flags"]["hash_seed"]) == ("ok", "5")


def test_variables_of_the_entry_reach_every_worker(start, free_threaded):
    source = "def task(a): return (sys._is_gil_enabled(), os.environ['MY_OWN'])\n"
    for backend in ("thread", "process", "process_spawn", "interpreter_pool"):
        env = {"PYTHON_GIL": "1", "MY_OWN": "yes"}
        result = start(source, build=free_threaded, env=env, backend=backend, workers=2)
        assert result.status == "ok", result.stderr_tail
        assert {gil for sample in result.measured["samples"] for gil in sample["gil"]} == {True}
