"""What the service writes down about itself: one line of JSON an event, on standard error.

A request is logged by its rule (``/api/cities/<city>/heat``), never by its query or body, so that no coordinate, name
or search text lands in a log. Every line of a request carries its id, which is also in its answer.
"""

from __future__ import annotations

import logging
import secrets
import sys
import time

import flask
import structlog


def set_up(level: str = "info") -> None:
    """Send every event of structlog to standard error as JSON. Called once by whoever starts the process."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def register(app: flask.Flask) -> None:
    """Give every request an id, time it, and log it when it has been answered."""
    log = structlog.get_logger("gezhi.requests")

    @app.before_request
    def begin() -> None:
        flask.g.request_id = secrets.token_hex(8)
        flask.g.began = time.perf_counter()

    @app.after_request
    def end(response: flask.Response) -> flask.Response:
        took_ms = (time.perf_counter() - flask.g.get("began", time.perf_counter())) * 1000
        response.headers["X-Request-Id"] = flask.g.get("request_id", "")
        response.headers["Server-Timing"] = f"app;dur={took_ms:.1f}"
        rule = flask.request.url_rule
        log.info(
            "request", request_id=flask.g.get("request_id", ""), method=flask.request.method,
            rule=rule.rule if rule else None, status=response.status_code, took_ms=round(took_ms, 1),
        )  # fmt: skip
        return response
