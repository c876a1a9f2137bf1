from types import SimpleNamespace

import pytest
from gil_scaling.plan.machines import FOLDER
from gil_scaling.plan.messages import Messages
from gil_scaling.plan.workflow import CHECKOUT
from snakemake_interface_logger_plugins.common import LogEvent


@pytest.fixture
def messages():
    return Messages(None, "results/", lambda: True, is_main=True)


def event(msg="", **changes):
    return SimpleNamespace(msg=msg, **changes)


def test_only_errors_of_our_own_jobs_are_filtered(messages):
    own = event(event=LogEvent.JOB_ERROR, rule_name="draw", log=["results/m/s/logs/draw.log"])
    other = event(event=LogEvent.JOB_ERROR, rule_name="theirs", log=["logs/theirs.log"])
    assert [messages.keeps(one) for one in (own, other)] == [False, True]
    assert messages.failed_jobs == [("draw", ["results/m/s/logs/draw.log"])]
    of_file = 'RuleException:\nCalledProcessError in file "{}/Snakefile", line 1:'
    texts = [of_file.format(CHECKOUT), of_file.format("/theirs"), "Removing output files of failed job draw", "x"]
    assert [messages.keeps(event(text)) for text in texts] == [False, True, False, True]


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("SLURM-job '9' failed due to a node failure. Further", "SLURM-job '9' failed due to a node failure"),
        (None, "it was killed"),
    ],
)
def test_a_job_that_is_tried_again_is_one_line(said, cause, messages, capfd):
    lost = event(event=LogEvent.JOB_ERROR, rule_name="sweep_on", log=[LOG], rule_msg=said)
    assert not messages.keeps(lost)
    assert messages.failed_jobs == []
    assert capfd.readouterr().err == f"The sweep on epyc was cut short: {cause} (see {LOG})\n"


LOG = f"{FOLDER}/1-2/epyc.log"


def test_a_rule_of_that_name_in_another_workflow_is_not_ours(messages):
    assert messages.keeps(event(event=LogEvent.JOB_ERROR, rule_name="sweep_on", log=["theirs.log"]))
    assert messages.keeps(event(event=LogEvent.JOB_ERROR, rule_name="sweep_on", log=[]))
