"""Bodies that attract each other: floats and attributes in pure Python, step by step.

With the GIL: threads take as long as sequential. Without it, and in processes: scales with the CPUs, because each task has
its own bodies.
"""


class Body:
    """A mass with a position and a velocity, in units in which the gravitational constant is 1."""

    __slots__ = ("mass", "position", "velocity")

    def __init__(self, mass: float, position: list[float], velocity: list[float]) -> None:
        self.mass = mass
        self.position = position
        self.velocity = velocity


def tasks(steps: int = 2000, count: int = 8) -> list[tuple[int, int]]:
    """`count` tasks that each follow five bodies for `steps` steps."""
    return [(number, steps) for number in range(count)]


def task(argument: tuple[int, int]) -> str:
    """The energy of the bodies after the last step, in twelve digits."""
    number, steps = argument
    bodies = [
        Body(1.0 / (1 + i), [float(i), 0.1 * number, -0.2 * i], [0.0, 0.3 * (-1) ** i, 0.01 * i]) for i in range(5)
    ]
    for _ in range(steps):
        _advance(bodies, 0.001)
    return f"{_energy(bodies):.12g}"


def _pairs(bodies: list[Body]) -> list[tuple[Body, Body]]:
    return [(one, other) for i, one in enumerate(bodies) for other in bodies[i + 1 :]]


def _square(one: Body, other: Body) -> float:
    return sum((a - b) ** 2 for a, b in zip(one.position, other.position))


def _advance(bodies: list[Body], step: float) -> None:
    for one, other in _pairs(bodies):
        pull = step / (_square(one, other) + 0.01) ** 1.5
        for axis in range(3):
            distance = one.position[axis] - other.position[axis]
            one.velocity[axis] -= distance * other.mass * pull
            other.velocity[axis] += distance * one.mass * pull
    for body in bodies:
        for axis in range(3):
            body.position[axis] += step * body.velocity[axis]


def _energy(bodies: list[Body]) -> float:
    kinetic = sum(body.mass * sum(part * part for part in body.velocity) / 2 for body in bodies)
    potential: float = sum(one.mass * other.mass / (_square(one, other) + 0.01) ** 0.5 for one, other in _pairs(bodies))
    return kinetic - potential
