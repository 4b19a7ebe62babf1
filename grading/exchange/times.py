"""How Assignment List names a submission: the time the LMS received it, in nbgrader's format."""

from datetime import UTC, datetime
from typing import Any

from dateutil.tz import gettz  # type: ignore[import-untyped]


def timestamp(exchange: Any, received_at: str) -> str:
    """`received_at` is ISO 8601 with a zone; the zone and format of the answer are config."""
    moment = datetime.fromisoformat(received_at).astimezone(gettz(exchange.timezone) or UTC)
    return moment.strftime(exchange.timestamp_format)


def in_utc(received_at: str) -> str:
    """For nbgrader's timestamp.txt: it takes a zone's short name that it does not know for UTC."""
    return f"{datetime.fromisoformat(received_at).astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC"
