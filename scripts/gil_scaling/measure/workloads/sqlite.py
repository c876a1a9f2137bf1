"""Queries of SQLite, a database in memory for each task: C code that releases the GIL for each step of a statement.

With the GIL: threads gain a little at most, for a step that gives one row is short, and each takes the GIL back. Without
it, and in processes: faster with the CPUs, as far as SQLite's own lock around memory allocation lets threads.
"""

import sqlite3


def tasks(rows=20_000, queries=5, count=8):
    """count tasks, each of which fills a table with so many rows and asks for sums over it."""
    return [(number, rows, queries) for number in range(count)]


def task(argument):
    """The rows that the last query gave."""
    number, rows, queries = argument
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("create table sale (shop integer, amount integer)")
        connection.executemany("insert into sale values (?, ?)", ((i % 10, i * number % 97) for i in range(rows)))
        for _ in range(queries):
            found = connection.execute("select shop, sum(amount) from sale group by shop order by shop").fetchall()
        return found
    finally:
        connection.close()
