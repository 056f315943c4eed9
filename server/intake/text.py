"""Text files of any allowed encoding to UTF-8 on disk: detected strictly, decoded strictly, never larger than allowed.

Order of detection: byte order mark; valid UTF-8; UTF-16 by where its zero bytes lie; valid GB18030. Nothing is
replaced or dropped: one byte that does not decode refuses the file and says where.
"""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from server.intake import values

_CHUNK = 4 * values.MIB
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_NAMES = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "utf-8-sig": "utf-8-sig",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "utf-16": "utf-16",
    "utf16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "ascii": "utf-8",
    "936": "gb18030",
    "cp936": "gb18030",
    "65001": "utf-8",
    "54936": "gb18030",
}


def known(encoding: str) -> str:
    """The canonical name of an encoding. Raises IntakeError E_ENCODING when it is not one of ours."""
    name = _NAMES.get(encoding.strip().lower().replace("_", "-"))
    if name is None:
        raise values.IntakeError(
            "E_ENCODING", f"encoding '{encoding[:40]}' is not read here; there are UTF-8, GB18030 and UTF-16"
        )
    return name


def to_utf8(path: Path, out: Path, *, encoding: str | None, limits: values.Limits) -> str:
    """Write ``path`` (gzip or plain) as UTF-8 without byte order mark to ``out``; answer the encoding found.

    Raises IntakeError: E_ENCODING, E_BUDGET (inflated size), E_ARCHIVE_RATIO, E_TRUNCATED (gzip), E_EMPTY.
    """
    plain = path
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    if packed:
        plain = out.with_suffix(".raw")
        _inflate(path, plain, limits)
    found = known(encoding) if encoding else _detect(plain)
    _transcode(plain, out, found)
    if packed:
        plain.unlink()
    return found.removesuffix("-sig") if found != "utf-8-sig" else "utf-8 with byte order mark"


def _inflate(path: Path, out: Path, limits: values.Limits) -> None:
    allowed = min(limits.text_bytes, max(path.stat().st_size, 4_096) * limits.ratio)
    written = 0
    try:
        with gzip.open(path, "rb") as packed, out.open("wb") as sink:
            while chunk := packed.read(_CHUNK):
                written += len(chunk)
                if written > allowed:
                    raise values.IntakeError(
                        "E_ARCHIVE_RATIO", f"the file inflates to more than {allowed // values.MIB} MiB"
                    )
                sink.write(chunk)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise values.IntakeError("E_TRUNCATED", "the compressed file is cut off or damaged") from error


def _chunks(path: Path, skip: int = 0) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(skip)
        while chunk := file.read(_CHUNK):
            yield chunk


def _detect(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(65_536)
    if not head:
        raise values.IntakeError("E_EMPTY", "the file is empty")
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)) and len(head) > 4:
        raise values.IntakeError("E_ENCODING", "the file is UTF-32; save it as UTF-8")
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if even + odd and max(even, odd) > len(head) * 0.1 and min(even, odd) * 20 < max(even, odd):
        return "utf-16-be" if even > odd else "utf-16-le"
    failed: list[str] = []
    for name in ("utf-8", "gb18030"):
        bad = _first_bad(path, name)
        if bad is None:
            return name
        failed.append(f"{name.upper()} fails at byte {bad}")
    raise values.IntakeError(
        "E_ENCODING", "the text is neither UTF-8 nor GB18030: " + ", ".join(failed) + "; save it as UTF-8"
    )


def _first_bad(path: Path, name: str) -> int | None:
    decoder = codecs.getincrementaldecoder(name)()
    at = 0
    try:
        for chunk in _chunks(path):
            decoder.decode(chunk)
            at += len(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return at + error.start
    return None


def _transcode(path: Path, out: Path, name: str) -> None:
    codec = "utf-8" if name == "utf-8-sig" else name
    with path.open("rb") as file:
        head = file.read(4)
    skip = next((len(mark) for mark, of in _BOMS if of.removesuffix("-sig") == codec and head.startswith(mark)), 0)
    decoder = codecs.getincrementaldecoder(codec)()
    at = skip
    try:
        with out.open("wb") as sink:
            for chunk in _chunks(path, skip):
                text = decoder.decode(chunk)
                sink.write(chunk if codec == "utf-8" else text.encode("utf-8"))
                at += len(chunk)
            decoder.decode(b"", final=True)
    except UnicodeError as error:
        raise values.IntakeError("E_ENCODING", f"the text is not {codec.upper()} near byte {at}") from error
