"""A kernel that computes is activity, also when it prints nothing: the hub must not stop it as idle.

jupyter_server notes activity only when a kernel says something. One cell may keep its server for
half a day; a loop that never ends must not keep it forever.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

LONGEST = timedelta(hours=12)


class BusyKernels:
    """`look` is called about once a minute."""

    def __init__(self, server: Any) -> None:
        self.server = server

    def look(self) -> None:
        now = datetime.now(UTC)
        kernels = self.server.kernel_manager.list_kernels()
        if any(_is_busy(kernel, now) for kernel in kernels):
            self.server.web_app.settings["last_activity_times"]["academy_busy_kernels"] = now


def _is_busy(kernel: dict[str, Any], now: datetime) -> bool:
    # While a cell is silent its kernel's last_activity stands still: that is when it began.
    began = datetime.fromisoformat(kernel["last_activity"])
    return bool(kernel["execution_state"] == "busy" and now - began < LONGEST)
