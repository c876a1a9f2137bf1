"""The Mandelbrot set by rows: floats in pure Python, in tasks of very different length.

With the GIL: threads take as long as sequential. Without it, and in processes: scales with the CPUs as far as the rows
are evenly distributed; large chunks leave workers idle while the last one works on the middle of the picture.
"""


def tasks(width: int = 200, height: int = 120, iterations: int = 150) -> list[tuple[int, int, int, int]]:
    """One task per row of the picture."""
    return [(row, width, height, iterations) for row in range(height)]


def task(argument: tuple[int, int, int, int]) -> list[int]:
    """How many iterations each point of the row took to leave the circle."""
    row, width, height, iterations = argument
    y = 2.0 * row / height - 1.0
    counts = []
    for column in range(width):
        x = 3.0 * column / width - 2.0
        real = imaginary = 0.0
        count = 0
        while count < iterations and real * real + imaginary * imaginary < 4.0:
            real, imaginary = real * real - imaginary * imaginary + x, 2.0 * real * imaginary + y
            count += 1
        counts.append(count)
    return counts
