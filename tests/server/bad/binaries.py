"""Geometries as bytes, built by hand so that no library can refuse to write them."""

from __future__ import annotations

import struct


def point(x: float, y: float) -> bytes:
    """A point."""
    return struct.pack("<BIdd", 1, 1, x, y)


def nested(depth: int) -> bytes:
    """A point inside ``depth`` geometry collections."""
    return struct.pack("<BII", 1, 7, 1) * depth + point(112, 31)


def lying_line(count: int) -> bytes:
    """A line that announces ``count`` positions and holds one."""
    return struct.pack("<BII", 1, 2, count) + struct.pack("<dd", 112, 31)


def polygon(rings: list[list[tuple[float, float]]]) -> bytes:
    """A polygon of rings, closed or not."""
    body = b"".join(struct.pack("<I", len(ring)) + b"".join(struct.pack("<dd", *at) for at in ring) for ring in rings)
    return struct.pack("<BII", 1, 3, len(rings)) + body
