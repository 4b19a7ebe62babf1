"""Trainees' notebook servers: they submit with the exchange's own client until they hold a receipt."""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import dataclass, field
from random import Random
from uuid import uuid4

from grading.exchange.lms import Lms
from grading.exchange.refusal import Refusal
from tests.storm import notebook
from tests.storm.academy import SLUG, Academy


@dataclass
class Sent:
    """One submission as its sender knows it. `receipt` is what the LMS answered."""

    key: str
    sha256: str
    content: bytes
    solved: bool
    receipt: dict[str, object]
    seconds: float
    refusals: int


@dataclass
class Clients:
    """`count` threads that submit, each for a random trainee, with a rest between."""

    academy: Academy
    count: int
    rest: tuple[float, float]
    seed: int
    sent: list[Sent] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    refusals: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        for number in range(self.count):
            thread = threading.Thread(
                target=self._run, args=(Random(self.seed + number),), daemon=True
            )
            thread.start()
            self.threads.append(thread)

    def stop(self, *, within: float) -> None:
        """No new submissions; those begun go on until their receipt."""
        self.stopping.set()
        deadline = time.monotonic() + within
        for thread in self.threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        assert not any(thread.is_alive() for thread in self.threads), (
            f"some got no receipt {self.academy.logs()}"
        )

    def _run(self, random: Random) -> None:
        while not self.stopping.is_set():
            self.submit(random.choice(self.academy.keys), solved=random.random() < 0.5)
            self.stopping.wait(random.uniform(*self.rest))

    def submit(self, session_key: str, *, solved: bool, extra: str = "") -> Sent | None:
        lms = Lms(self.academy.origin, session_key, pauses=(0.2, 0.5, 1.0))
        key, began, refusals = str(uuid4()), time.monotonic(), 0
        content = notebook.handed_in(solved=solved, mark=key, extra=extra)
        files = [(f"{SLUG}.ipynb", content)]
        while True:
            try:
                receipt = lms.submit(self.academy.code, SLUG, files, key=key)
                break
            except Refusal as refusal:
                self.refusals += 1
                refusals += 1
                if refusal.status < 500:
                    self.wrong.append(f"{refusal.status} {refusal}")
                    return None
                time.sleep(0.5)
        sha256 = hashlib.sha256(content).hexdigest()
        seconds = time.monotonic() - began
        sent = Sent(key, sha256, content, solved, receipt, seconds, refusals)
        self.sent.append(sent)
        return sent
