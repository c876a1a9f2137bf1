"""The tables: a file each, from frames to a frame."""
