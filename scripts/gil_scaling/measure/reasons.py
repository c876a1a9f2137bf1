"""The reason of a failed run in words: the exception, and the line of the user's files that raised it."""

import os


def describe(error: BaseException, reference: str) -> str:
    """The type and message of an exception, with the place in the files of the workload of that reference."""
    return format_exception(error) + place_in(traceback_of(error), reference)


def format_exception(error: BaseException) -> str:
    """The type and message of an exception, also where making the message fails, or where an interpreter adds its stack."""
    import traceback

    if isinstance(error, SyntaxError):  # whose text holds the path of the file
        return f"{type(error).__name__}: {error.msg}"
    text = "".join(traceback.format_exception_only(type(error), error)).strip()
    return text.partition("ExecutionFailed: ")[2].partition("\n")[0] if hasattr(error, "excinfo") else text


def traceback_of(error: BaseException) -> str:
    """The traceback of an exception and of its causes, also of one that another process or interpreter raised."""
    import traceback

    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    elsewhere = getattr(error, "traceback", None) or getattr(getattr(error, "excinfo", None), "errdisplay", None)
    return f"{text}\n{elsewhere}" if elsewhere else text


def place_in(text: str, reference: str) -> str:
    """The last line of a traceback that is in the folder of a custom workload, as ` (mine.py:7)`; empty without one."""
    import re

    if os.sep not in reference:
        return ""
    folder = reference.partition("//")[0] if "//" in reference else os.path.dirname(reference)
    places = re.findall(rf'File "{re.escape(folder)}{os.sep}([^"]+)", line (\d+)', text)
    return " ({}:{})".format(*places[-1]) if places else ""


def sendable(error: Exception) -> Exception:
    """The exception, or one with its traceback as text where pickling loses it: pools report only that something broke."""
    import pickle

    from gil_scaling.measure.job import WorkerFailed

    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return WorkerFailed(format_exception(error), traceback_of(error))
    return error
