"""What the workloads of compression share: texts, and the way there and back."""


def round_trip(compress, decompress, argument):
    """Whether the text is shorter when compressed, and whether it comes back; argument: (number, size, level)."""
    number, size, level = argument
    text = b" ".join(b"%d squared is %d" % (i, i * i) for i in range(number, number + size // 24))
    packed = compress(text, level)
    return len(packed) < len(text), decompress(packed) == text
