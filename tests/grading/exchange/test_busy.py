"""A kernel that computes silently counts as activity, for half a day."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from grading.exchange.busy import BusyKernels


@pytest.mark.parametrize(
    ("state", "hours", "counts"),
    [("busy", 0, True), ("busy", 11, True), ("busy", 13, False), ("idle", 0, False)],
)
def test_it(state: str, hours: int, counts: bool) -> None:
    began = datetime.now(UTC) - timedelta(hours=hours)
    kernel = {"execution_state": state, "last_activity": began.isoformat().replace("+00:00", "Z")}
    times: dict[str, Any] = {}
    server = SimpleNamespace(
        kernel_manager=SimpleNamespace(list_kernels=lambda: [kernel]),
        web_app=SimpleNamespace(settings={"last_activity_times": times}),
    )
    BusyKernels(server).look()
    assert bool(times) is counts
