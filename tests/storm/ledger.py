"""What must be true after any storm: what was sent and what the academy holds are the same."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence

from sqlalchemy import select, text

from tests.storm import notebook
from tests.storm.academy import SLUG, Academy
from tests.storm.clients import Sent


def check(academy: Academy, sent: Iterable[Sent], *, failed: Sequence[Sent] = ()) -> Counter[int]:
    """Every receipt is one submission with its bytes, graded once, as it deserves; and no others.
    Those `failed` have a run that says why.

    Returns how many runs took how many tries.
    """
    from lms import storage
    from lms.coursework.models import Submission
    from lms.db import db

    with academy.inside():
        held = {row.id: row for row in db.session.scalars(select(Submission)).all()}
        receipts = {int(str(one.receipt["id"])): one for one in [*sent, *failed]}
        assert receipts.keys() == held.keys()
        tries: Counter[int] = Counter()
        for number, one in receipts.items():
            row = held[number]
            assert str(row.idempotency_key) == one.key
            [file] = row.files
            assert (file.path, file.sha256) == (f"{SLUG}.ipynb", one.sha256)
            assert storage.get(file.sha256) == one.content
            assert one.receipt["digest"] == row.digest
            [run] = row.runs
            if one in failed:
                assert run.is_finished and run.error and not run.scores
                continue
            assert run.is_finished and run.error is None, f"run {run.id}: {run.error}"
            assert run.notices is None, f"run {run.id}: {run.notices}"
            points = [(score.question.grade_id, score.points) for score in run.scores]
            assert sorted(points) == sorted(notebook.points(solved=one.solved).items()), run.id
            for kept in [*(run.executed_files or []), *(run.pages or [])]:
                assert hashlib.sha256(storage.get(kept.sha256)).hexdigest() == kept.sha256
            assert [kept.path for kept in run.pages or []] == [f"{SLUG}.html"]
            tries[run.attempts] += 1
        told = db.session.scalar(
            text("SELECT count(*) FROM audit_event WHERE action = 'submitted'")
        )
        assert told == len(receipts)
        assert db.session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0
    _check_store(academy)
    return tries


def _check_store(academy: Academy) -> None:
    """No name in the store leads to other bytes than its own."""
    for path in (academy.view / "blobs").glob("??/*"):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
