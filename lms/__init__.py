"""The AI academy's learning management system: one Flask application, one package per room.

Imports live inside `create_app`, so that programs which only need a module of this package
(the supervisor, the asset build) do not pay for the whole application.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from lms.config import Config


def create_app(config: Config | None = None) -> Flask:
    """Build the application.

    Raises:
        lms.config.ConfigError: a setting is missing or wrong; nothing was started.
    """
    from lms.application import build
    from lms.config import Config, ConfigError

    try:
        config = config or Config.from_environ()
    except ConfigError as missing:
        from lms import bare

        if bare.is_asked_for():
            return bare.build(missing)
        raise
    return build(config)
