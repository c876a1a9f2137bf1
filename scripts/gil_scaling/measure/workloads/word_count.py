"""Counting words in dicts, and joining the counts: texts and dicts in pure Python, as in data work.

With the GIL: threads take as long as the sequence. Without it: faster with the CPUs, each task counting in a dict of its
own. Processes likewise, less what it costs to bring the counts home.
"""


def tasks(words=60_000, count=8):
    """count tasks, each of which counts so many words."""
    return [(number, words) for number in range(count)]


def task(argument):
    """The ten most frequent words with their counts."""
    number, words = argument
    text = " ".join(f"word{(i * i + number) % 997}" for i in range(words))
    counts = {}
    for word in text.split():
        counts[word] = counts.get(word, 0) + 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:10]
