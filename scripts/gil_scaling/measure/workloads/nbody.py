"""Bodies that attract each other: floats and attributes in pure Python, step by step.

With the GIL: threads take as long as the sequence. Without it, and in processes: as many times faster as there are CPUs,
for each task has bodies of its own.
"""


class Body:
    """A mass with a place and a velocity, in units in which the constant of gravitation is 1."""

    __slots__ = ("mass", "place", "velocity")

    def __init__(self, mass, place, velocity):
        self.mass = mass
        self.place = place
        self.velocity = velocity


def tasks(steps=2000, count=8):
    """count tasks, each of which follows five bodies for so many steps."""
    return [(number, steps) for number in range(count)]


def task(argument):
    """The energy of the bodies after the last step, in twelve digits."""
    number, steps = argument
    bodies = [
        Body(1.0 / (1 + i), [float(i), 0.1 * number, -0.2 * i], [0.0, 0.3 * (-1) ** i, 0.01 * i]) for i in range(5)
    ]
    for _ in range(steps):
        _advance(bodies, 0.001)
    return f"{_energy(bodies):.12g}"


def _pairs(bodies):
    return [(one, other) for i, one in enumerate(bodies) for other in bodies[i + 1 :]]


def _square(one, other):
    return sum((a - b) ** 2 for a, b in zip(one.place, other.place))


def _advance(bodies, step):
    for one, other in _pairs(bodies):
        pull = step / (_square(one, other) + 0.01) ** 1.5
        for axis in range(3):
            way = one.place[axis] - other.place[axis]
            one.velocity[axis] -= way * other.mass * pull
            other.velocity[axis] += way * one.mass * pull
    for body in bodies:
        for axis in range(3):
            body.place[axis] += step * body.velocity[axis]


def _energy(bodies):
    moving = sum(body.mass * sum(part * part for part in body.velocity) / 2 for body in bodies)
    return moving - sum(one.mass * other.mass / (_square(one, other) + 0.01) ** 0.5 for one, other in _pairs(bodies))
