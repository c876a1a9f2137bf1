"""Random sequences of calls lose and mix nothing; `python -m tests.state 200` draws more of them."""

import pytest

from tests import state

pytestmark = pytest.mark.slow


def test_a_random_sequence_of_calls_loses_nothing(tmp_path):
    assert state.run(3, "1", "", tmp_path, 8.0) is None


def test_a_call_that_loses_a_record_is_a_violation(tmp_path, monkeypatch):
    def lose(trial):
        next((trial.folder / state.SET / "runs").iterdir()).unlink()
        return False

    monkeypatch.setattr(state.Trial, "nothing", lose)
    trial = state.Trial(tmp_path / "trial", state.random.Random(1), "")
    trial.call()
    monkeypatch.setattr(state, "STEPS", {"nothing": 1})
    with pytest.raises(state.Violation, match=r"the ok record .* is lost"):
        trial.step()
