"""The looks of a sweep with the key `until`: which of its runs are to be measured, as far as that is decided."""

import json
from pathlib import Path
from typing import Any

from gil_scaling.plan.sweep import Run
from gil_scaling.stopping import look_rounds


class Looks:
    """What the looks have decided so far; without `until` there is none, and all runs are wanted.

    rounds: after which there is a look; decided: the last round that is known to be wanted, 0 without looks.
    """

    def __init__(self, folder: Path, until: dict[str, Any] | None) -> None:
        self.rounds = look_rounds(until["max_rounds"]) if until else []
        self.decided = self.rounds[0] if self.rounds else 0
        self._folder = folder
        self._stopped: dict[str, int] = {}
        for number in self.rounds:
            if not self.take(number):
                break

    def take(self, number: int) -> bool:
        """Takes over what the look after a round decided, in place of what it and later ones did before; False without its file."""
        try:
            found = json.loads((self._folder / f"{number}.json").read_text(encoding="utf-8"))["stopped"]
        except (OSError, ValueError, LookupError, TypeError):
            return False
        earlier = {combination: last for combination, last in self._stopped.items() if last < number}
        self._stopped = {**dict.fromkeys(found, number), **earlier}
        self.decided = next((later for later in self.rounds if later > number), number)
        return True

    def wants(self, run: Run) -> bool:
        """Whether a run is wanted, as far as that is decided."""
        return self.allows(run) and (not self.rounds or bool(run.spec["round"] <= self.decided))

    def allows(self, run: Run) -> bool:
        """Whether a run is wanted, or a later look may want it."""
        return run.combination not in self._stopped or bool(run.spec["round"] <= self._stopped[run.combination])
