"""Who is asking, and whether the request may change anything.

A session is a random token known to the browser (cookie) or a program (``Authorization: Bearer``) and to the database
only as a hash, so ending it there ends it everywhere. Unsafe methods must come from our own pages: ``Sec-Fetch-Site``
says so, or where a browser does not send it (plain HTTP), ``Origin`` must be our own; a bearer token without cookies
needs neither, since no browser sends one by itself.

The demonstration: on loopback, while no account exists, every request that is plainly this machine's own acts as the
demonstration planner. A forwarding header, another Host or an account ends that.
"""

from __future__ import annotations

import ipaddress
import time
from typing import Final
from urllib.parse import urlsplit

import flask

from server import errors
from server.config import Config
from server.rules import permissions
from server.usecases import context as contexts
from server.usecases import users

COOKIE: Final = "gezhi_session"
DEMO: Final = permissions.Actor(name="demo", role="planner")
TRUST_S: Final = 0.5
"""How long a session that was found good is trusted before the database is asked again."""
_KNOWN: Final = "gezhi.known_sessions"
_MOST_KNOWN: Final = 10_000
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_FORWARDED: Final = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip")
_LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def register(app: flask.Flask) -> None:
    """Refuse cross-site changes before any view of ``app`` runs."""
    app.extensions[_KNOWN] = {}

    @app.before_request
    def admit() -> None:
        if flask.request.method not in SAFE and not own_site():
            raise errors.Fault("cross_site")


def config() -> Config:
    """The settings of the running app."""
    settings: Config = flask.current_app.extensions["gezhi.config"]
    return settings


def context() -> contexts.Context:
    """The app's context, with no actor in it."""
    base: contexts.Context = flask.current_app.extensions["gezhi.context"]
    return base


def actor() -> permissions.Actor | None:
    """Who asks, or None. Found out once a request."""
    if "actor" not in flask.g:
        flask.g.demo = False
        flask.g.actor = _actor()
    found: permissions.Actor | None = flask.g.actor
    return found


def demo() -> bool:
    """Whether the request acts as the demonstration planner."""
    actor()
    return bool(flask.g.demo)


def token() -> str | None:
    """The session token of the request: the bearer token, else the cookie."""
    return _bearer() or flask.request.cookies.get(cookie_name()) or None


def cookie_name() -> str:
    """The cookie's name: over TLS one that browsers bind to this host."""
    return f"__Host-{COOKIE}" if flask.request.is_secure else COOKIE


def remember(response: flask.Response, session: users.SignedIn) -> None:
    """Give the browser its session."""
    response.set_cookie(
        cookie_name(), session.token, max_age=config().session_life_s, path="/", secure=flask.request.is_secure,
        httponly=True, samesite="Lax",
    )  # fmt: skip


def end() -> None:
    """End the session of the request, if it has one."""
    if given := token():
        users.sign_out(context(), given)
        flask.current_app.extensions[_KNOWN].pop(given, None)


def forget(response: flask.Response) -> None:
    """Take the session from the browser."""
    response.delete_cookie(cookie_name(), path="/", secure=flask.request.is_secure, httponly=True, samesite="Lax")


def own_site() -> bool:
    """Whether an unsafe request comes from our own pages, or from a program that no browser can be made into."""
    request = flask.request
    if _bearer() and not request.cookies:
        return True
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if origin is not None and not _same_origin(origin):
        return False
    if site is not None:
        return site in ("same-origin", "none")
    return origin is not None


def safe_next(address: str | None) -> str:
    """``address`` if it is a path of this site, else the start page.

    A path begins with one slash and holds no backslash, control character or scheme, so that no browser can read it as
    another host.
    """
    if not address or len(address) > 2000 or not address.startswith("/") or address.startswith("//"):
        return "/"
    if "\\" in address or " " in address or not address.isprintable():
        return "/"
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or "//" in parts.path or "%09" in parts.path or "%5c" in parts.path.lower():
        return "/"
    return address


def _actor() -> permissions.Actor | None:
    given = token()
    if given is not None:
        return _holder(given)
    if _demonstration():
        flask.g.demo = True
        return DEMO
    return None


def _holder(session: str) -> permissions.Actor | None:
    """Who holds a session. The database is asked again after ``TRUST_S``: a page's questions come many at a time."""
    known: dict[str, tuple[float, permissions.Actor]] = flask.current_app.extensions[_KNOWN]
    now_s = time.monotonic()
    seen_s, actor_ = known.get(session, (-TRUST_S, None))
    if now_s - seen_s < TRUST_S:
        return actor_
    found = users.actor_of(context(), session, idle_s=config().session_idle_s)
    if len(known) >= _MOST_KNOWN:
        known.clear()
    if found is not None:
        known[session] = (now_s, found)
    return found


def _demonstration() -> bool:
    settings, request = config(), flask.request
    if not (settings.demo and settings.loopback) or settings.proxies:
        return False
    if any(name in request.headers for name in _FORWARDED):
        return False
    if any(name.lower().startswith("x-forwarded-") for name in dict(request.headers)):
        return False
    host = urlsplit(f"//{request.host}").hostname or ""
    if host not in _LOOPBACK_NAMES or not _loopback(request.remote_addr):
        return False
    return not users.exist(context())


def _loopback(address: str | None) -> bool:
    try:
        return address is not None and ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _bearer() -> str | None:
    scheme, _, value = flask.request.headers.get("Authorization", "").partition(" ")
    return value.strip() or None if scheme.lower() == "bearer" else None


def _same_origin(origin: str) -> bool:
    request = flask.request
    return origin == f"{request.scheme}://{request.host}"
