"""Tries runs for the target `check`: `python -S -m gil_scaling.launch.trial ORDER RESULTS` writes what each gave.

ORDER is what plan.check wrote. RESULTS is a list as long as its `tries`, of {"record", "sending"}; a record is None where the
time did not suffice, `sending` where nothing is sent or it fails. A separate process, as it kills all that a run leaves behind.
"""

from __future__ import annotations

import json
import os
import sys
import time

from gil_scaling.launch import lock, measurement, progress, run_folder, supervisor
from gil_scaling.result_set import write_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gil_scaling.launch.interfaces import Entry
    from gil_scaling.record import Record

_MIN_LEFT_S = 1.0  # with less, no run is begun
_SENDERS = ("processes", "interpreters")  # kinds of backends that pickle arguments and results
_SENDING_LIMIT_S = 5.0


class Trials:
    """Tries runs one after the other, until the time for all is used up; waiting for other sweeps does not count.

    count: of the runs to try.
    """

    def __init__(self, limit_s: float, count: int) -> None:
        self._limit_s = self._left_s = limit_s
        self._count, self._number = count, 0
        self._expected: dict[str, str] = {}  # digests of correct results, by Entry.expected
        self._sent: dict[str, Any] = {}

    def __call__(self, one: dict[str, Any]) -> dict[str, Any]:
        """What a try gave; see the module."""
        self._number += 1
        if self._left_s < _MIN_LEFT_S:
            return {"record": None, "sending": None}
        entry: Entry = one["entry"]
        entry["timeout_s"] = min(entry["timeout_s"], self._left_s)
        with lock.MachineLock():
            began = time.monotonic()
            run_folder.clean_up()
            result = self._measure(entry)
            is_sent = one["backend_kind"] in _SENDERS and result["status"] == "ok"
            sending = self._measure_sending(entry) if is_sent else None
            self._left_s -= time.monotonic() - began
        return {"record": result, "sending": sending}

    def _measure(self, entry: Entry) -> Record:
        result = measurement.measure(entry, progress.make_call("check"), self._expected.get(entry["expected"]))
        if result["measured"] and result["measured"]["expected"]:
            self._expected[entry["expected"]] = result["measured"]["expected"]
        workers, outcome = progress.outcome(result)
        mean_s = (self._limit_s - self._left_s + result["wall_s"]) / self._number
        left = progress.duration(max(1, round(min(self._left_s, mean_s * (self._count - self._number)))))
        progress.write_line(progress.line(self._number, self._count, entry["spec"], workers, outcome, left))
        return result

    def _measure_sending(self, entry: Entry) -> Any:
        """What sending takes, measured once for each workload and choice of its parameters."""
        key = json.dumps([entry["reference"], entry["spec"]["params"]])
        if key not in self._sent:
            limit_s = min(_SENDING_LIMIT_S, self._left_s)
            self._sent[key] = measurement.measure_sending({**entry, "timeout_s": limit_s})
        return self._sent[key]


def main(order_path: str, results_path: str) -> None:
    """Tries all runs of an order."""
    supervisor.exit_on_interruption()
    with open(order_path, encoding="utf-8") as file:
        order = json.load(file)
    cpus = order["tries"][0]["entry"]["spec"]["cpus"]
    if cpus is not None:
        os.sched_setaffinity(0, cpus)
    results_path = os.path.abspath(results_path)
    write_text(results_path, json.dumps(list(map(Trials(order["limit_s"], len(order["tries"])), order["tries"]))))


if __name__ == "__main__":
    main(*sys.argv[1:])
