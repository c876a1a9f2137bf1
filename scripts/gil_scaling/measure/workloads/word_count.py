"""Counting words in a dict: strings and dicts in pure Python, as in data processing.

With the GIL: threads take as long as sequential. Without it: scales with the CPUs, because each task counts in its own
dict. Processes likewise, less the cost of returning the counts.
"""


def tasks(words: int = 60_000, count: int = 8) -> list[tuple[int, int]]:
    """`count` tasks that each count `words` words."""
    return [(number, words) for number in range(count)]


def task(argument: tuple[int, int]) -> list[tuple[str, int]]:
    """The ten most frequent words with their counts."""
    number, words = argument
    text = " ".join(f"word{(i * i + number) % 997}" for i in range(words))
    counts: dict[str, int] = {}
    for word in text.split():
        counts[word] = counts.get(word, 0) + 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:10]
