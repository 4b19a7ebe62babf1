"""The five loopback ports of one academy, in a row from the first."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from lms.processes import Failure

COUNT = 5


@dataclass(frozen=True)
class Ports:
    first: int

    @property
    def lms(self) -> int:
        return self.first

    @property
    def content(self) -> int:
        return self.first + 1

    @property
    def hub(self) -> int:
        return self.first + 2

    @property
    def hub_api(self) -> int:
        return self.first + 3

    @property
    def proxy_api(self) -> int:
        return self.first + 4

    def check(self) -> None:
        """Raises Failure, naming the first port that cannot be had and where five are free."""
        if not 1 <= self.first <= 65536 - COUNT:
            raise Failure(
                f"{self.first} is no first port: choose one from 1024 to {65536 - COUNT}."
            )
        for port in range(self.first, self.first + COUNT):
            if reason := why_closed(port):
                raise Failure(
                    f"Port {port} {reason}, and the academy needs the five from {self.first}: "
                    f"choose others with `make up PORT={self._free_range()}`."
                )

    def _free_range(self) -> int:
        for start in range(max(self.first, 1000) + 1000, 65000, 1000):
            if not any(why_closed(port) for port in range(start, start + COUNT)):
                return start
        return 9000


def why_closed(port: int) -> str | None:
    """Why a server cannot listen on this port of 127.0.0.1; None when it can."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            return "may not be opened by this user"
        except OSError:
            return "is taken by another program"
    return None
