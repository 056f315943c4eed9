"""The application as a worker process of the server has it. The process that watches the workers never imports this."""

from __future__ import annotations

import threading
from typing import Any

from server import app, log
from server.config import Config
from server.usecases.city import warming


def application() -> Any:
    """The WSGI application, from the settings in the environment; it warms up beside serving."""
    config = Config()
    log.set_up(config.log_level)
    made = app.create_app(config)
    threading.Thread(target=warming.warm, args=(made.extensions["gezhi.context"],), daemon=True).start()
    return made
