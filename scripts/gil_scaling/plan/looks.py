"""The looks of a sweep with the key `until`: which of its runs are to be measured, as far as that is decided."""

import json
import math
from collections.abc import Iterable
from pathlib import Path

from gil_scaling.plan.config import Config
from gil_scaling.plan.sweep import Run, Use
from gil_scaling.stopping import look_rounds


class Looks:
    """What the looks have decided so far, for each experiment with `until`; the runs of the others are all wanted.

    rounds: after which there is a look, of some experiment; decided: the next of them, or the last one, 0 without looks.
    """

    def __init__(self, folder: Path, experiments: Iterable[Config]) -> None:
        self._schedules = {
            each["name"]: look_rounds(each["until"]["max_rounds"]) for each in experiments if each["until"]
        }
        self.rounds = sorted({number for rounds in self._schedules.values() for number in rounds})
        self._folder = folder
        self._taken = 0
        self._stopped: dict[tuple[str, str], int] = {}  # {(experiment, combination): its last round}
        for number in self.rounds:
            if not self.take(number):
                break

    @property
    def decided(self) -> int:
        """The round up to which all runs that are wanted are known."""
        return _next(self.rounds, self._taken) if self.rounds else 0

    def take(self, number: int) -> bool:
        """Takes over what the look after a round decided, in place of what it and later ones did before; False without its file."""
        try:
            found = json.loads((self._folder / f"{number}.json").read_text(encoding="utf-8"))["stopped"]
            stopped = [(experiment, combination) for experiment, each in found.items() for combination in dict(each)]
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return False
        earlier = {key: last for key, last in self._stopped.items() if last < number}
        self._stopped = {**dict.fromkeys(stopped, number), **earlier}
        self._taken = number
        return True

    def wants(self, run: Run) -> bool:
        """Whether an experiment wants a run, as far as that is decided."""
        return any(run.spec["round"] <= self._decided_for(use, run) for use in run.uses)

    def allows(self, run: Run) -> bool:
        """Whether a run is wanted, or a later look may want it."""
        return any(run.spec["round"] <= self._last(use, run) for use in run.uses)

    def are_open(self, runs: Iterable[Run]) -> bool:
        """Whether a later look has to decide about any of these runs."""
        return any(
            use.experiment in self._schedules and self._taken < run.spec["round"] <= self._last(use, run)
            for run in runs
            for use in run.uses
        )

    def _decided_for(self, use: Use, run: Run) -> float:
        """The last round in which an experiment wants a combination, as far as that is decided."""
        rounds = self._schedules.get(use.experiment)
        return min(_next(rounds, self._taken), self._last(use, run)) if rounds else math.inf

    def _last(self, use: Use, run: Run) -> float:
        """The round after which a combination has stopped in an experiment, infinity where it goes on."""
        return self._stopped.get((use.experiment, run.combination), math.inf)


def _next(rounds: list[int], taken: int) -> int:
    """The first look after the one that was taken, or the last one."""
    return next((number for number in rounds if number > taken), rounds[-1])
