"""SQLite queries on an in-memory database per task: C code that releases the GIL for each step of a statement.

With the GIL: threads gain a little at most, because a step that gives one row is short, and each takes the GIL back. Without
it, and in processes: scales with the CPUs, for threads as far as SQLite's own lock around memory allocation lets them.
"""

import sqlite3


def tasks(rows: int = 20_000, queries: int = 5, count: int = 8) -> list[tuple[int, int, int]]:
    """`count` tasks that each fill a table with `rows` rows and query sums of it `queries` times."""
    return [(number, rows, queries) for number in range(count)]


def task(argument: tuple[int, int, int]) -> list[tuple[int, int]]:
    """The rows that the last query gave."""
    number, rows, queries = argument
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("create table sale (shop integer, amount integer)")
        connection.executemany("insert into sale values (?, ?)", ((i % 10, i * number % 97) for i in range(rows)))
        for _ in range(queries):
            result = connection.execute("select shop, sum(amount) from sale group by shop order by shop").fetchall()
        return result
    finally:
        connection.close()
