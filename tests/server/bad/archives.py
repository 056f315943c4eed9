"""Zip files that are not what they say: one function per trick, each writing a file and answering its path."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from pathlib import Path

SHAPE_PARTS = ("a.shp", "a.shx", "a.dbf")


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    """A zip of plain members, names taken literally."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo("x")
            info.filename = name
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return path


def with_name(path: Path, name: str) -> Path:
    """A Shapefile's parts plus one member of that name."""
    return zipped(path, {**dict.fromkeys(SHAPE_PARTS, b"x"), name: b"x"})


def twice(path: Path) -> Path:
    """The same name twice."""
    with zipfile.ZipFile(path, "w") as archive:
        for name in (*SHAPE_PARTS, "a.shp"):
            archive.writestr(name, name * 2)
    return path


def with_link(path: Path) -> Path:
    """A member that is a symbolic link to a file outside."""
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("a.shp")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        for name in SHAPE_PARTS[1:]:
            archive.writestr(name, b"x")
    return path


def encrypted(path: Path) -> Path:
    """A member whose flag says that it is encrypted."""
    zipped(path, dict.fromkeys(SHAPE_PARTS, b"x"))
    raw = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = raw.find(mark)
        raw[at + offset] |= 1
    path.write_bytes(bytes(raw))
    return path


def nested(path: Path) -> Path:
    """A zip in a zip in a zip."""
    inner = b"x"
    for _ in range(3):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("inner.zip", inner)
        inner = buffer.getvalue()
    return zipped(path, {**dict.fromkeys(SHAPE_PARTS, b"x"), "inner.zip": inner})


def ratio_bomb(path: Path, size: int = 64 << 20) -> Path:
    """Zeros that inflate a thousandfold."""
    return zipped(path, {"a.shp": bytes(size), "a.shx": b"x", "a.dbf": b"x"})


def lying_size(path: Path) -> Path:
    """A directory that declares 10 bytes for a stream of a megabyte."""
    zipped(path, {"a.kml": b"<kml>" + b" " * (1 << 20) + b"</kml>"})
    raw = bytearray(path.read_bytes())
    at = raw.find(b"PK\x01\x02")
    struct.pack_into("<I", raw, at + 24, 10)
    path.write_bytes(bytes(raw))
    return path


def overlapping(path: Path, entries: int = 40) -> Path:
    """Many directory entries that all point at one compressed stream (D. Fifield's overlap bomb, in small)."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    stream = packer.compress(bytes(1 << 20)) + packer.flush()
    checksum = zlib.crc32(bytes(1 << 20))
    local = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 0, checksum, len(stream), 1 << 20, 5, 0) + b"0.kml"
    directory = b"".join(
        struct.pack(
            "<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, checksum, len(stream), 1 << 20, 6, 0, 0, 0, 0, 0, 0
        )
        + f"{i:02d}.kml".encode()
        for i in range(entries)
    )
    body = local + stream
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, entries, entries, len(directory), len(body), 0)
    path.write_bytes(body + directory + end)
    return path
