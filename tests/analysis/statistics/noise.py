"""Laws of noise that the simulated sweeps are made of: factors about 1, by generator and shape."""

import math

import numpy as np


def normal(random, shape):
    return 1 + random.normal(0, 0.08, shape)


def log_normal(random, shape):
    return np.exp(random.normal(0, 0.05, shape))


def spiky(random, shape):
    """What is seen on shared machines: 1.5 %, and one in ten is hit by 5 to 30 %."""
    hits = np.where(random.random(shape) < 0.1, random.uniform(1.05, 1.3, shape), 1)
    return np.exp(random.normal(0, 0.015, shape)) * hits


def is_within_error(share, level, sweeps):
    """Whether a share of sweeps lies within four standard errors of its probability."""
    return abs(share - level) < 4 * math.sqrt(level * (1 - level) / sweeps)
