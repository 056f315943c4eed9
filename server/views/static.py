"""Static files: ours under /static, those of the map layers under /static/layers.

A file is read, hashed and compressed once and then answered from memory until it changes on disk. With ``?v=`` (any
value) it may be kept for a year; without, it is revalidated.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import flask
from werkzeug.security import safe_join

from server.usecases import errors as refusals
from server.views import answers, routes

blueprint = flask.Blueprint("static", __name__)
_SERVER: Final = Path(__file__).parents[1] / "static"
_LAYERS: Final = Path(__file__).parents[2] / "layers" / "static"
_TYPES: Final = {
    ".mjs": "text/javascript",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".map": "application/json",
}


@dataclass(frozen=True)
class File:
    """A file as it is answered, and the time of change by which it is known to be current."""

    changed_ns: int
    plain: bytes
    packed: bytes | None
    tag: str
    media: str


_files: dict[Path, File] = {}
_lock = threading.Lock()


@routes.serve(
    blueprint,
    routes.Route(
        "/static/<path:name>", "GET", "page.open", "A static file", answer="*/*", listed=False, anonymous=True
    ),
)
def file(_ctx: object, name: str) -> flask.Response:
    folder, rest = (_LAYERS, name[7:]) if name.startswith("layers/") else (_SERVER, name)
    return _answer(_find(folder, rest))


def _find(folder: Path, name: str) -> File:
    joined = safe_join(str(folder), name)
    path = Path(joined) if joined else None
    if path is None or not path.is_file():
        raise refusals.NotFound("not_found", "no such file")
    changed_ns = path.stat().st_mtime_ns
    with _lock:
        known = _files.get(path)
        if known is None or known.changed_ns != changed_ns:
            known = _files[path] = _read(path, changed_ns)
    return known


def _read(path: Path, changed_ns: int) -> File:
    body = path.read_bytes()
    media = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    packed = (
        gzip.compress(body, 9, mtime=0) if len(body) > 600 and not media.startswith(("image/png", "font/")) else None
    )
    tag = hashlib.blake2b(body, digest_size=12).hexdigest()
    return File(changed_ns, body, packed if packed and len(packed) < len(body) else None, tag, media)


def _answer(found: File) -> flask.Response:
    request = flask.request
    if found.tag in {tag.removesuffix("-g") for tag in answers.tags(request.if_none_match)}:
        response = flask.current_app.response_class(status=304)
        response.set_etag(found.tag)
    else:
        packed = found.packed if request.accept_encodings.quality("gzip") > 0 else None
        response = flask.current_app.response_class(packed or found.plain, mimetype=found.media)
        if packed:
            response.headers["Content-Encoding"] = "gzip"
        response.set_etag(f"{found.tag}-g" if packed else found.tag)
    versioned = "v" in request.args
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if versioned else "public, no-cache"
    response.headers["Vary"] = "Accept-Encoding"
    return response
