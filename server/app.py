"""create_app: the one place where the parts of the web service meet.

Opens the database, serves the static files, registers the views, and puts the same headers on every answer. Nothing
here runs at import; whatever a request needs hangs on the app or on ``flask.g``.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from pathlib import Path
from typing import Any, Final

import flask
from werkzeug.middleware.proxy_fix import ProxyFix

from server import auth, errors, language, log
from server.config import Config
from server.usecases import context
from server.views import (
    answers,
    approval,
    areas,
    borders,
    cities,
    counts,
    coverage,
    document,
    drawing,
    imports,
    jobs,
    monthly,
    nets,
    open311,
    outputs,
    pages,
    plans,
    redraw,
    reports,
    session,
    sheets,
    static,
    things,
    trends,
    workbench,
)

ROOT: Final = Path(__file__).parent
LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
BLUEPRINTS: Final = (
    pages.blueprint, static.blueprint, session.blueprint, cities.blueprint, plans.blueprint,
    drawing.blueprint, redraw.blueprint, workbench.blueprint, things.blueprint, areas.blueprint, monthly.blueprint,
    reports.blueprint, open311.blueprint, outputs.blueprint, sheets.blueprint, nets.blueprint, borders.blueprint,
    approval.blueprint, counts.blueprint, trends.blueprint, coverage.blueprint, imports.blueprint, jobs.blueprint,
    document.blueprint,
)  # fmt: skip
UPLOAD_READ_BYTES: Final = 64 * 1024
"""What werkzeug reads of a multipart body at once; it refuses one when a read and what is left of the read before pass
the limit of form fields, so that limit is larger."""
_POLICY: Final = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
    "style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
    "worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def create_app(config: Config) -> flask.Flask:
    """The Flask application of ``config``. Raises ``server.store.faults.DatabaseError`` when it cannot be opened."""
    app = flask.Flask("server", root_path=str(ROOT), static_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=config.max_upload_bytes,
        MAX_FORM_MEMORY_SIZE=2 * UPLOAD_READ_BYTES,
        MAX_FORM_PARTS=16,
        MAX_JSON_BYTES=config.max_json_bytes,
        PROPAGATE_EXCEPTIONS=False,
    )
    app.extensions["gezhi.config"] = config
    app.extensions["gezhi.context"] = context.open_(config.home, config.address)
    app.extensions["gezhi.kept"] = answers.Kept(config.response_cache_bytes)
    app.extensions["gezhi.build"] = _build()
    if config.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=config.proxies, x_proto=config.proxies, x_host=config.proxies
        )
    log.register(app)
    _guard(app, config)
    auth.register(app)
    errors.register(app)
    _label(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app


def _guard(app: flask.Flask, config: Config) -> None:
    """Before anything else: a language to answer in, and a Host that is ours."""

    @app.before_request
    def speak() -> None:
        request = flask.request
        flask.g.nonce = secrets.token_urlsafe(16)
        flask.g.language = language.negotiate(
            request.args.get("lang"), request.cookies.get(language.COOKIE), list(request.accept_languages.values()),
            default=config.default_language,
        )  # fmt: skip

    @app.before_request
    def host() -> None:
        if not known_host(flask.request.host, config):
            raise errors.Fault("host")

    @app.context_processor
    def words() -> dict[str, Any]:
        tongue = flask.g.get("language", config.default_language)
        return {
            "language": tongue,
            "nonce": flask.g.get("nonce", ""),
            "t": lambda key, **values: language.say(tongue, key, **values),
        }


def known_host(host: str, config: Config) -> bool:
    """Whether a request's Host is a name of this service, so that no outside name can be pointed at it.

    With ``trusted_hosts`` those; on loopback its names; else any literal IP address.
    """
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    name = name.lower()
    if name in LOOPBACK_NAMES and config.loopback:
        return True
    if config.trusted_hosts:
        return name in {trusted.lower() for trusted in config.trusted_hosts}
    if config.loopback:
        return False
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return name == "localhost"
    return True


def _label(app: flask.Flask) -> None:
    """After everything else: the headers that every answer carries."""

    @app.after_request
    def headers(response: flask.Response) -> flask.Response:
        given = response.headers
        given["X-Content-Type-Options"] = "nosniff"
        given["Referrer-Policy"] = "same-origin"
        given["Cross-Origin-Opener-Policy"] = "same-origin"
        given["Cross-Origin-Resource-Policy"] = "same-origin"
        given["Permissions-Policy"] = "camera=(), microphone=(), payment=(), geolocation=(self)"
        given.setdefault("Content-Security-Policy", _POLICY.format(nonce=flask.g.get("nonce", "")))
        given.setdefault("Cache-Control", "private, no-store")
        if flask.request.is_secure:
            given["Strict-Transport-Security"] = "max-age=31536000"
        return response


def _build() -> str:
    """A name for this release's code, so that answers kept by browsers end with it."""
    digest = hashlib.blake2b(digest_size=8)
    for folder in (ROOT, ROOT.parent / "layers", ROOT.parent / "geo"):
        for file in sorted(folder.rglob("*.py")):
            digest.update(f"{file.relative_to(ROOT.parent)}:{file.stat().st_size}:{file.stat().st_mtime_ns}".encode())
    return digest.hexdigest()
