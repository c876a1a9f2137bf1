"""Shared by the compression workloads: making a text, compressing and decompressing it."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def round_trip(
    compress: "Callable[[bytes, int], bytes]", decompress: "Callable[[bytes], bytes]", argument: tuple[int, int, int]
) -> tuple[bool, bool]:
    """Whether the compressed text is shorter, and whether decompressing restores it; argument: (number, size, level)."""
    number, size, level = argument
    text = b" ".join(b"%d squared is %d" % (i, i * i) for i in range(number, number + size // 24))
    packed = compress(text, level)
    return len(packed) < len(text), decompress(packed) == text
