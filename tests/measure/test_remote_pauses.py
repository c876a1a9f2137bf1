from types import SimpleNamespace

from gil_scaling.measure.remote_pauses import RemotePauses

RUN, WORKER = 1, 2  # process ids


def stats(collections, duration, gen=0, iid=0):
    return SimpleNamespace(gen=gen, iid=iid, collections=collections, duration=duration)


def read_all(*reads, pids=(RUN, WORKER)):
    """What is described after reads of {process: its statistics}, or BEGIN; a process that is missing has ended."""
    now = {}

    def monitor(pid):
        def get_gc_stats(all_interpreters):
            assert all_interpreters
            if pid not in now:
                raise RuntimeError("gone")
            return now[pid]

        return SimpleNamespace(get_gc_stats=get_gc_stats)

    pauses = RemotePauses(monitor, RUN)
    for each in reads:
        now.clear()
        now.update(each)
        pauses.read(pids) if each else pauses.begin()
    return pauses.describe()


BEGIN = {}


def test_what_a_worker_collects_between_two_reads_counts():
    found = read_all({WORKER: [stats(4, 1.0)]}, {WORKER: [stats(6, 1.5)]}, {WORKER: [stats(7, 2.0)]})
    assert found == {"count": 3, "seconds": 1.0, "stops_others": False}


def test_of_the_statistics_of_a_generation_the_latest_counts():
    later = [stats(5, 1.25), stats(7, 1.75), stats(6, 1.5), stats(1, 8.0, gen=2), stats(0, 0.0, gen=2)]
    found = read_all({WORKER: [stats(5, 1.25), stats(0, 0.0, gen=2)]}, {WORKER: later})
    assert (found["count"], found["seconds"]) == (3, 8.5)


def test_the_run_itself_does_not_count_but_its_interpreters():
    first = {RUN: [stats(1, 1.0), stats(1, 1.0, iid=1)]}
    found = read_all(first, {RUN: [stats(9, 9.0), stats(2, 1.5, iid=1)]})
    assert (found["count"], found["seconds"]) == (1, 0.5)


def test_what_is_collected_between_two_stretches_does_not_count():
    found = read_all({WORKER: [stats(1, 1.0)]}, BEGIN, {WORKER: [stats(9, 9.0)]}, {WORKER: [stats(10, 9.25)]})
    assert (found["count"], found["seconds"]) == (1, 0.25)


def test_a_process_that_has_ended_does_not_hide_the_others():
    found = read_all({WORKER: [stats(1, 1.0)]}, {WORKER: [stats(2, 1.5)]}, pids=(3, WORKER))
    assert (found["count"], found["seconds"]) == (1, 0.5)
