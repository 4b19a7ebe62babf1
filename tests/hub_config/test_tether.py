"""A tethered child hears SIGINT, whatever its parent ignores."""

from __future__ import annotations

import signal
import subprocess
import sys

from hub_config.tether import die_with_parent, tethered

SAY = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"


def hears(command: list[str], **settings: object) -> bool:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as in a shell's background
    try:
        return subprocess.check_output(command, text=True, **settings) == "True\n"
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_ignored_signal_is_inherited_and_a_tethered_child_hears_it() -> None:
    plain = [sys.executable, "-c", SAY]
    assert not hears(plain)
    assert hears(tethered(*plain))
    assert hears(plain, preexec_fn=die_with_parent)
