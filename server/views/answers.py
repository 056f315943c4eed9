"""Answers: what a view returned, turned into a response that is compressed, labelled and kept.

Map data carry an ETag made of the city's data version, the address, and who asks (role, territory, language), so a
browser revalidates with one small question and a second reader of the same role gets bytes that are already made and
compressed. The store of such bytes is bounded and belongs to the process.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import flask
import werkzeug.datastructures

from layers import payload
from server.usecases.city import cities
from server.usecases.context import Columns, Context
from server.usecases.planning import plans

BINARY: Final = "application/octet-stream"
JSON: Final = "application/json"
VARY: Final = "Cookie, Authorization, Accept-Language, Accept-Encoding"
_SMALLEST: Final = 600
"""Bytes below which compression gains nothing."""
_LEVEL: Final = 6
_LARGE: Final = 500_000
"""Bytes above which the reader waits longer for hard compression than for the bytes it saves."""


@dataclass(frozen=True)
class Reply:
    """An answer that is neither plain values nor columns."""

    body: bytes
    media: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    status: int | None = None


@dataclass(frozen=True)
class Tagged:
    """Plain values of one version: ``tag`` begins the ETag, so that it can be sent back as If-Match."""

    value: Any
    tag: str


@dataclass(frozen=True)
class Made:
    """The bytes of an answer in both encodings; ``packed`` is None where compression gains nothing."""

    plain: bytes
    packed: bytes | None
    media: str
    headers: dict[str, str]
    tag: str = ""

    @property
    def size(self) -> int:
        """Bytes of memory it takes."""
        return len(self.plain) + len(self.packed or b"")


class Kept:
    """Answers by ETag, the least recently used dropped when ``limit`` bytes are passed. Safe between threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._lock = threading.Lock()
        self._made: OrderedDict[str, Made] = OrderedDict()

    def get(self, tag: str) -> Made | None:
        """The answer of ``tag``, or None."""
        with self._lock:
            made = self._made.get(tag)
            if made is not None:
                self._made.move_to_end(tag)
            return made

    def put(self, tag: str, made: Made) -> None:
        """Keep ``made``; an answer larger than a quarter of the room is not kept."""
        if made.size * 4 > self._limit:
            return
        with self._lock:
            old = self._made.pop(tag, None)
            self._size += made.size - (old.size if old else 0)
            self._made[tag] = made
            while self._size > self._limit:
                self._size -= self._made.popitem(last=False)[1].size


def kept(ctx: Context, city: str, make: Callable[[], Any], *, plan: str | None = None) -> flask.Response:
    """The map data that ``make`` computes, or as they were kept; 304 where the reader has them already.

    A draft changes with every stroke, without the city's data changing: data of a ``plan`` carry its tag as well.
    """
    version = str(cities.version(ctx, city))
    key = _key(ctx, version if plan is None else f"{version}.{plans.tag_of(ctx, city, plan)}")
    known = next((seen for seen in tags(flask.request.if_none_match) if _key_of(seen) == key), None)
    if known is not None:
        response = flask.current_app.response_class(status=304)
        response.set_etag(known)
    else:
        store: Kept = flask.current_app.extensions["gezhi.kept"]
        made = store.get(key)
        if made is None:
            made = _made(make())
            store.put(key, made)
        response = _response(made, key=key)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = VARY
    return response


def response_of(value: Any, *, status: int = 200) -> flask.Response:
    """``value`` itself where it is a response already, else ``fresh(value)``."""
    return value if isinstance(value, flask.Response) else fresh(value, status=status)


def fresh(value: Any, *, status: int = 200) -> flask.Response:
    """The answer ``value``, never stored by anyone."""
    reply_status = value.status if isinstance(value, Reply) else None
    response = _response(_made(value))
    response.status_code = reply_status or status
    response.headers.setdefault("Cache-Control", "private, no-store")
    response.headers["Vary"] = VARY
    return response


def dumps(value: Any) -> bytes:
    """``value`` as compact UTF-8 JSON. Raises ValueError for NaN and infinities."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")


def _key_of(tag: str) -> str:
    return tag.rpartition(".")[2].removesuffix("-g")


def _key(ctx: Context, version: str) -> str:
    actor = ctx.actor
    parts = (
        str(flask.current_app.extensions["gezhi.build"]), version, flask.request.path,
        repr(sorted((name, value) for name, value in flask.request.args.items(multi=True) if name != "lang")),
        repr((actor.role, actor.city, actor.region_id) if actor else None), str(flask.g.language),
    )  # fmt: skip
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _made(value: Any) -> Made:
    headers: dict[str, str] = {}
    tag = ""
    match value:
        case Reply():
            body, media, headers = value.body, value.media, value.headers
        case Columns():
            body, media = payload.encode(value.cells, value.columns, meta=value.meta), BINARY
        case Tagged():
            body, media, tag = dumps(value.value), JSON, f"{value.tag}."
        case _:
            body, media = dumps(value), JSON
    level = _LEVEL if len(body) <= _LARGE else 1
    packed = gzip.compress(body, level, mtime=0) if len(body) >= _SMALLEST else None
    return Made(body, packed if packed and len(packed) < len(body) else None, media, headers, tag)


def _response(made: Made, *, key: str | None = None) -> flask.Response:
    packed = made.packed if flask.request.accept_encodings.quality("gzip") > 0 else None
    response = flask.current_app.response_class(packed if packed is not None else made.plain, content_type=made.media)
    if packed is not None:
        response.headers["Content-Encoding"] = "gzip"
    if key is not None:
        response.set_etag(f"{made.tag}{key}-g" if packed is not None else f"{made.tag}{key}")
    response.headers.update(made.headers)
    return response


def matched() -> str | None:
    """The tag of the version that the request means (If-Match), without what was added for the answer; or None."""
    meant = tags(flask.request.if_match)
    return ".".join(next(iter(meant)).split(".")[:2]) if len(meant) == 1 else None


def key() -> str | None:
    """The Idempotency-Key of the request: asked again with the same one, the work is not done twice."""
    return flask.request.headers.get("Idempotency-Key")


def tags(told: werkzeug.datastructures.ETags) -> set[str]:
    """The tags of an If-Match or If-None-Match header, the empty ones left out."""
    return {tag for tag in told.as_set(include_weak=True) if tag}
