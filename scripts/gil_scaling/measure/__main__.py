"""`python -m gil_scaling.measure probe` prints what a build is; `… run FOLDER` measures what FOLDER/spec.json asks for.

Processes that a backend spawns import this module again, so it imports nothing before it is asked to.
"""


def main(arguments):
    """Runs the command; a run leaves FOLDER/result.json: status, reason and what was measured."""
    import json
    import os

    if arguments == ["probe"]:
        from gil_scaling.measure.probe import probe

        print(json.dumps(probe()))
        return
    _, folder, events = arguments
    own_id = os.getpid()

    def tell(event):
        os.write(int(events), event.encode() + b"\n")

    result = _attempt(f"{folder}/spec.json", tell)
    if os.getpid() != own_id:  # a copy that a task forked, and that came back with it
        os._exit(0)
    with open(f"{folder}/result.json", "w") as file:
        file.write(result)
    try:
        tell("measured")
    except OSError:  # the workload closed the pipe
        pass


def _attempt(path, tell):
    """What came of the run, as JSON."""
    import json
    import traceback  # now, for there may be no memory left when it is needed

    from gil_scaling.measure import run

    with open(path) as file:
        spec = json.load(file)
    try:
        return json.dumps({"status": "ok", "reason": None, "measured": run.run(spec, tell)}, allow_nan=False)
    except run.Unsupported as error:
        status, reason = "unsupported", str(error)
    except run.WrongResult as error:
        status, reason = "wrong_result", str(error)
    except BaseException as error:
        traceback.clear_frames(error.__traceback__)  # which may hold all the memory
        _print_traceback()
        status, reason = "failed", run.said(error)
    return json.dumps({"status": status, "reason": reason})


def _print_traceback():
    """Writes to stderr whatever became of sys.stderr; where it is closed, the reason is in the result all the same."""
    import os
    import traceback

    try:
        os.write(2, traceback.format_exc().encode("utf-8", "backslashreplace"))
    except OSError:
        pass


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
