"""`python -m gil_scaling.measure probe` prints what a build is; `… run FOLDER EVENTS` measures what FOLDER/spec.json asks for.

EVENTS is a file descriptor. Processes that a backend spawns import this module again, so it imports nothing at the top.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gil_scaling.measure.interfaces import Notify


def main(arguments: list[str]) -> None:
    """Runs the command; a run leaves FOLDER/result.json: status, reason and what was measured."""
    import json
    import os

    if arguments == ["probe"]:
        from gil_scaling.measure.probe import probe

        print(json.dumps(probe()))
        return
    _, folder, events = arguments
    _show_stacks_on_signal()
    pid = os.getpid()

    def notify(event: str) -> None:
        os.write(int(events), event.encode() + b"\n")

    result = _run(f"{folder}/spec.json", notify)
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
    import signal

    faulthandler.register(signal.SIGUSR2, file=2)


def _run(path: str, notify: "Notify") -> str:
    """Runs the spec; returns the result as JSON."""
    import json
    import traceback  # now, because there may be no memory left when it is needed

    from gil_scaling.measure import check, run

    with open(path) as file:
        spec = json.load(file)
    try:
        return json.dumps({"status": "ok", "reason": None, "measured": run.run(spec, notify)}, allow_nan=False)
    except check.Unsupported as error:
        status, reason = "unsupported", str(error)
    except check.WrongResult as error:
        status, reason = "wrong_result", str(error)
    except BaseException as error:
        traceback.clear_frames(error.__traceback__)  # they may hold all the memory
        _print_traceback()
        status, reason = "failed", check.format_exception(error)
    return json.dumps({"status": status, "reason": reason})


def _print_traceback() -> None:
    """Writes to file descriptor 2, because the workload may have replaced sys.stderr; a closed one is no error."""
    import os
    import traceback

    try:
        os.write(2, traceback.format_exc().encode("utf-8", "backslashreplace"))
    except OSError:
        pass


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
