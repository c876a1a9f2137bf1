"""How concurrent Python scales: threads, processes, interpreters and coroutines, with the GIL and without."""

__version__ = "0.1.0"
