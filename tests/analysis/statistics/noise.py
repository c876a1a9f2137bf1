"""Kinds of noise for simulated sweeps: random factors about 1 of a given shape."""

import math

import numpy as np


def normal(random, shape):
    return 1 + random.normal(0, 0.08, shape)


def log_normal(random, shape):
    return np.exp(random.normal(0, 0.05, shape))


def spiky(random, shape):
    """Noise as on shared machines: 1.5 %, and one time in ten 5 to 30 % longer."""
    hits = np.where(random.random(shape) < 0.1, random.uniform(1.05, 1.3, shape), 1)
    return np.exp(random.normal(0, 0.015, shape)) * hits


def is_within_error(share, level, sweeps):
    """Whether a share of sweeps is within four standard errors of its probability."""
    return abs(share - level) < 4 * math.sqrt(level * (1 - level) / sweeps)
