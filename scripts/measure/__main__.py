"""`python -m scripts.measure probe` prints what a build is; `… run FOLDER` measures what FOLDER/spec.json asks for.

Processes that a backend spawns import this module again, so it imports nothing before it is asked to.
"""


def main(arguments):
    """Runs the command; a run leaves FOLDER/result.json: status, reason and what was measured."""
    import json

    if arguments == ["probe"]:
        from scripts.measure.probe import probe

        print(json.dumps(probe()))
        return
    _, folder, events = arguments
    result = _attempt(f"{folder}/spec.json", int(events))
    with open(f"{folder}/result.json", "w") as file:
        json.dump(result, file)


def _attempt(path, events):
    import json
    import os
    import traceback

    from scripts.measure import run

    def tell(event):
        os.write(events, event.encode() + b"\n")

    with open(path) as file:
        spec = json.load(file)
    try:
        return {"status": "ok", "reason": None, "measured": run.run(spec, tell)}
    except run.Unsupported as error:
        return {"status": "unsupported", "reason": str(error)}
    except run.WrongResult as error:
        return {"status": "wrong_result", "reason": str(error)}
    except BaseException as error:
        traceback.print_exc()
        text = "".join(traceback.format_exception_only(type(error), error)).strip()
        return {"status": "failed", "reason": text}


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
