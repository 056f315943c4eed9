"""Zip files, judged from their directory before a byte is inflated, and inflated under a running budget.

Refused: paths that leave the directory, links, encryption, archives in archives, programs, members that overlap or
inflate too far, two names that differ only in case.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from server.intake import values

_CHUNK = values.MIB
_MEMBER_BYTES = 200 * values.MIB
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_RESERVED = {"con", "prn", "aux", "nul", *(f"com{i}" for i in range(10)), *(f"lpt{i}" for i in range(10))}
_ARCHIVES = ("zip", "kmz", "7z", "rar", "tar", "gz", "tgz", "bz2", "xz", "zst", "jar", "xlsx", "docx")


@dataclass(frozen=True)
class Member:
    """A file of the archive: its full name, lower-case ending, and declared size in bytes."""

    name: str
    ending: str
    size: int


def members(path: Path, limits: values.Limits, *, ratio: int, nested: bool = False) -> list[Member]:
    """The files of the archive. Raises IntakeError E_ARCHIVE, E_ARCHIVE_PATH, E_ARCHIVE_RATIO, E_ARCHIVE_MEMBER,
    E_TRUNCATED. ``nested``: archives inside are not looked at, so they may be there."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            _check_overlap(path, infos, archive.start_dir)
    except (zipfile.BadZipFile, OSError, ValueError, struct.error, NotImplementedError) as error:
        raise values.IntakeError("E_TRUNCATED", "the zip file is damaged or cut off") from error
    if len(infos) > limits.members:
        raise values.IntakeError("E_ARCHIVE", f"the zip file holds {len(infos)} files; {limits.members} are allowed")
    found: dict[str, Member] = {}
    total = 0
    for info in infos:
        if info.is_dir():
            _check_name(info.filename.rstrip("/"))
            continue
        _check_name(info.orig_filename)
        _check_kind(info, nested=nested)
        total += info.file_size
        allowed = min(_MEMBER_BYTES, limits.text_bytes) if limits.memory_bytes <= values.GIB else limits.text_bytes
        too_much = info.file_size > allowed or info.file_size > max(info.compress_size, 1_024) * ratio
        if too_much or total > limits.text_bytes:
            raise values.IntakeError("E_ARCHIVE_RATIO", "the zip file inflates to more than is allowed")
        key = info.filename.casefold()
        if key in found:
            raise values.IntakeError("E_ARCHIVE", f"the zip file holds '{_shown(info.filename)}' twice")
        ending = info.filename.rsplit(".", 1)[-1].lower() if "." in info.filename else ""
        found[key] = Member(info.filename, ending, info.file_size)
    return list(found.values())


def extract(path: Path, member: Member, out: Path) -> None:
    """Write one member to ``out``, never more than it declared. Raises IntakeError E_ARCHIVE_RATIO or E_TRUNCATED."""
    written = 0
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member.name) as packed, out.open("wb") as sink:
            while chunk := packed.read(_CHUNK):
                written += len(chunk)
                if written > member.size:
                    raise values.IntakeError("E_ARCHIVE_RATIO", "a file of the zip is larger than it says")
                sink.write(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise values.IntakeError("E_TRUNCATED", f"'{_shown(member.name)}' in the zip file is damaged") from error


def _check_name(name: str) -> None:
    parts = re.split(r"[/\\]", name)
    bad = (
        not name
        or len(name) > 255
        or name.startswith(("/", "\\"))
        or ":" in name
        or ".." in parts
        or any(ord(ch) < 32 for ch in name)
        or any(part.split(".")[0].lower() in _RESERVED for part in parts)
    )
    if bad:
        raise values.IntakeError("E_ARCHIVE_PATH", f"the zip file holds a name that is not allowed: '{_shown(name)}'")


def _check_kind(info: zipfile.ZipInfo, *, nested: bool) -> None:
    mode = info.external_attr >> 16
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise values.IntakeError("E_ARCHIVE_MEMBER", f"'{_shown(info.filename)}' in the zip file is a link, not a file")
    if info.flag_bits & 0x1:
        raise values.IntakeError("E_ARCHIVE_MEMBER", f"'{_shown(info.filename)}' in the zip file is encrypted")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise values.IntakeError("E_ARCHIVE_MEMBER", "the zip file uses a compression that is not read here")
    if not nested and info.filename.rsplit(".", 1)[-1].lower() in _ARCHIVES:
        raise values.IntakeError("E_ARCHIVE_MEMBER", "the zip file holds another archive")


def _check_overlap(path: Path, infos: list[zipfile.ZipInfo], directory_at: int) -> None:
    """No two members may share bytes of the archive."""
    end_before = 0
    with path.open("rb") as file:
        for info in sorted(infos, key=lambda one: one.header_offset):
            file.seek(info.header_offset)
            mark, name_length, extra_length = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
            begin = info.header_offset
            if mark != b"PK\x03\x04" or begin < end_before:
                raise values.IntakeError("E_ARCHIVE_RATIO", "files in the zip overlap")
            end_before = begin + _LOCAL_HEADER.size + name_length + extra_length + info.compress_size
    if end_before > directory_at:
        raise values.IntakeError("E_ARCHIVE_RATIO", "files in the zip overlap its directory")


def _shown(name: str) -> str:
    flat = "".join(ch if ch.isprintable() else "?" for ch in name)
    return flat if len(flat) <= 80 else flat[:79] + "…"
