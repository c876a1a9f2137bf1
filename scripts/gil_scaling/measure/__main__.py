"""`python -m gil_scaling.measure probe` prints what a build is; `… run FOLDER EVENTS` measures what FOLDER/spec.json asks for.

`… send FOLDER EVENTS` measures what it takes to send its tasks to another process, `… sample FOLDER EVENTS` where its workers
spend their time, in a process of `… explain FOLDER EVENTS`, `… locks FOLDER EVENTS` what they wait for, `… objects FOLDER
EVENTS` what they share, `… change FOLDER EVENTS` what they gain without that. EVENTS is a file descriptor.
`… tasks FOLDER` calls `tasks` of workloads for the plan. `… import NAME` prints what importing a package does.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

    from gil_scaling.measure.interfaces import Notify, Record


def main(arguments: list[str]) -> None:
    """Runs the command; a run leaves FOLDER/result.json: status, reason and what was measured."""
    import os

    if arguments == ["probe"]:
        import json

        from gil_scaling.measure.probe import probe

        print(json.dumps(probe()))
        return
    if arguments[0] == "tasks":
        from gil_scaling.measure import task_lists

        task_lists.main(arguments[1])
        return
    if arguments[0] == "import":
        from gil_scaling.measure import imports

        imports.main(arguments[1])
        return
    command, folder, events = arguments
    if command == "sample":
        from gil_scaling.measure import sampler

        sampler.main(folder, events)
        return
    _show_stacks_on_signal()
    pid = os.getpid()

    def notify(event: str) -> None:
        os.write(int(events), event.encode() + b"\n")

    result = _run(command, folder, notify)
    if os.getpid() != pid:  # a copy that a task forked, and that returned from it
        os._exit(0)
    with open(f"{folder}/result.json", "w") as file:
        file.write(result)
    try:
        notify("measured")
    except OSError:  # the workload closed the pipe
        pass


def _show_stacks_on_signal() -> None:
    """Has the stacks of all threads written to stderr on SIGUSR2, which the supervisor sends to a run that hangs."""
    import faulthandler
    from _signal import SIGUSR2  # signal imports enum, too

    faulthandler.register(SIGUSR2, file=2)


def _run(command: str, folder: str, notify: "Notify") -> str:
    """Runs the spec in the folder, or sends its tasks; returns the result as JSON."""
    import os

    from gil_scaling.quick_json import dumps, loads

    with open(f"{folder}/spec.json") as file:
        spec = loads(file.read())
    # Where Python starts, the modules of the user would hide others before 3.11; multiprocessing keeps the directory in which
    # it is imported.
    os.chdir(spec["directory"])
    from gil_scaling.measure import check, job, reasons, run

    _pose_as_script(f"{folder}/script.py", spec)
    try:
        measured = run.run(spec, notify) if command == "run" else _measure_otherwise(command, spec, notify)
        return dumps({"status": "ok", "reason": None, "measured": measured}, allow_nan=False)
    except check.Unsupported as error:
        status, reason = "unsupported", str(error)
    except check.WrongResult as error:
        status, reason = "wrong_result", str(error)
    except job.WorkerFailed as error:
        _write_stderr(error.traceback)
        status, reason = "failed", str(error) + reasons.place_in(error.traceback, spec["reference"])
    except BaseException as error:
        _clear_frames(error.__traceback__)  # they may hold all the memory
        import traceback  # here, as it takes a process of 3.14 as long as all else that it imports

        _write_stderr(traceback.format_exc())
        status, reason = "failed", reasons.describe(error, spec["reference"]) + _place_of(error)
    return dumps({"status": status, "reason": reason})


def _clear_frames(traceback: "TracebackType | None") -> None:
    """What traceback.clear_frames does, which is not imported yet."""
    while traceback is not None:
        try:
            traceback.tb_frame.clear()
        except RuntimeError:  # it is still executing
            pass
        traceback = traceback.tb_next


def _measure_otherwise(command: str, spec: "Record", notify: "Notify") -> "Record":
    if command == "explain":
        from gil_scaling.measure import explain  # here, as no run needs it

        return explain.run(spec, notify)
    if command in ("locks", "objects", "change"):
        from gil_scaling.measure import contention

        return contention.RUNS[command](spec)
    from gil_scaling.measure import sending

    return sending.measure(spec)


_SCRIPT = """import resource  # a worker reads with it what it has used

from gil_scaling.measure.workload import find_obstacle, load, load_backend

spec = {{"backend": {backend!r}, "backend_params": {backend_params!r}, "params": {params!r}}}
find_obstacle(spec, load_backend({backend_reference!r}), load({reference!r}).module)  # imports the packages of both
"""


def _pose_as_script(path: str, spec: "Record") -> None:
    """Makes multiprocessing take a script with the imports of the backend and the workload for the main module.

    New processes import the main module of a script, so that this is part of what they cost: spawn does in each process,
    forkserver once, from 3.14 on. What is run by `python -m package` they do not import.
    """
    import sys

    with open(path, "w") as file:
        file.write(_SCRIPT.format_map(spec))
    main_module = sys.modules["__main__"]
    main_module.__spec__ = None
    main_module.__file__ = path


def _place_of(error: BaseException) -> str:
    """Where a file was looked for that was not found, as a note for the reason; empty for all other errors."""
    import os

    name = getattr(error, "filename", None)
    if not isinstance(error, FileNotFoundError) or not isinstance(name, str) or os.path.isabs(name):
        return ""
    return " (looked for in the folder where Snakemake runs; `pathlib.Path(__file__).parent` is that of the workload)"


def _write_stderr(text: str) -> None:
    """Writes to file descriptor 2, because the workload may have replaced sys.stderr; a closed one is no error."""
    import os

    try:
        os.write(2, text.encode("utf-8", "backslashreplace"))
    except OSError:
        pass


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
