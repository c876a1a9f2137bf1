import itertools
import math

import numpy as np
import pytest
from gil_scaling.analysis.statistics import makespan

LECTURE = [90, 30, 22, 130]


@pytest.mark.parametrize(("workers", "expected"), [(1, 272), (2, 142), (3, 130), (4, 130), (8, 130)])
def test_best_makespan_of_the_lecture_tasks(workers, expected):
    assert makespan.best_makespan(LECTURE, workers) == expected


def best_of_all(tasks, workers):
    choices = np.array(list(itertools.product(range(workers), repeat=len(tasks))))
    return max_loads(tasks, choices, workers).min()


def max_loads(tasks, choices, workers):
    return np.max([np.where(choices == worker, tasks, 0).sum(axis=1) for worker in range(workers)], axis=0)


@pytest.mark.parametrize("count", range(1, 9))
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_best_makespan_agrees_with_all_schedules(count, workers):
    random = np.random.default_rng(10 * count + workers)
    for tasks in (*random.uniform(0.1, 1, (3, count)), *random.integers(1, 5, (3, count))):
        assert makespan.best_makespan(tasks, workers) == pytest.approx(best_of_all(tasks, workers))


def test_best_makespan_of_12_tasks_is_exact():
    assert makespan.best_makespan([7, 7, 6, 6, 5, 5, 4, 4, 4, 1, 1, 1], 3) == 17
    assert makespan.best_makespan([2] * 11 + [3], 2) == 13  # each bound says 12.5
    assert makespan.best_makespan([2] * 12 + [3], 2) == 14  # of 13 tasks seven make 14


# 13 tasks of 35 and one of 70 on 7 workers take 105 by LPT, and 105 · 21/27 is more than the 75 of each worker's share.
@pytest.mark.parametrize(
    ("tasks", "workers", "bound"),
    [
        ([9.0] + [0.1] * 20, 4, 9),
        ([3.0] * 12 + [1.0] * 8, 4, 11),
        ([1.0] * 13, 4, 4),
        ([1.0] * 13, 12, 2),
        ([70.0] + [35.0] * 13, 7, 105 * 21 / 27),
    ],
    ids=["longest", "share", "fourth of one worker", "second of one worker", "lpt"],
)
def test_best_makespan_of_more_tasks_is_the_largest_bound(tasks, workers, bound):
    assert makespan.best_makespan(tasks, workers) == pytest.approx(bound)


def test_best_makespan_of_more_tasks_is_a_lower_bound():
    random = np.random.default_rng(3)
    for workers in range(1, 9):
        cut = np.split(np.full(16, 10.0), 16)
        parts = np.concatenate([part * share for part in cut for share in ([0.3, 0.7], [1.0])[random.integers(2)]])
        whole = 10.0 * math.ceil(16 / workers)  # a schedule that keeps the parts together
        choices = random.integers(workers, size=(2000, len(parts)))
        bound = makespan.best_makespan(parts, workers)
        assert bound <= min(whole, makespan.lpt_makespan(parts, workers), *max_loads(parts, choices, workers)) + 1e-9


@pytest.mark.parametrize(
    ("tasks", "workers", "reached"), [([3, 3, 2, 2, 2], 2, 7), (LECTURE, 2, 142), ([2, 5], 3, 5), ([1] * 13, 4, 4)]
)
def test_lpt_makespan(tasks, workers, reached):
    assert makespan.lpt_makespan(tasks, workers) == reached


@pytest.mark.parametrize("workers", [2, 3, 4])
def test_lpt_makespan_is_within_graham_bound(workers):
    random = np.random.default_rng(workers)
    worst = [*range(2 * workers - 1, workers - 1, -1)] * 2 + [workers]  # Graham's own: 4p − 1 against 3p
    assert makespan.lpt_makespan(worst, workers) / makespan.best_makespan(worst, workers) == pytest.approx(
        4 / 3 - 1 / (3 * workers)
    )
    for tasks in random.uniform(0.1, 1, (50, 8)):
        ratio = makespan.lpt_makespan(tasks, workers) / makespan.best_makespan(tasks, workers)
        assert 1 - 1e-9 <= ratio <= 4 / 3 - 1 / (3 * workers)


@pytest.mark.parametrize("function", [makespan.best_makespan, makespan.lpt_makespan])
def test_makespans_of_one_no_or_unknown_tasks(function):
    assert function([3], 4) == 3
    assert math.isnan(function([], 4))
    assert math.isnan(function([3, math.nan], 4))
    assert math.isnan(function([math.nan, 3], 4))


def bound(sequential_s, tasks, task_cpu_s, workers, usable_cpus):
    return makespan.speedup_bound(sequential_s, makespan.best_makespan(tasks, workers), task_cpu_s, usable_cpus)


def test_speedup_bound_of_tasks_and_cpus():
    assert bound(272, LECTURE, 272, 4, 2) == 2
    assert bound(272, LECTURE, 272, 4, 16) == 272 / 130
    assert bound(0.2, [0.05] * 4, 0.001, 4, 2) == pytest.approx(4)


def test_speedup_bound_without_cpu_time_or_tasks():
    assert bound(272, LECTURE, math.nan, 4, 2) == 272 / 130
    assert math.isnan(bound(272, [], 272, 4, 2))
    assert math.isnan(bound(math.nan, LECTURE, 272, 4, 2))
