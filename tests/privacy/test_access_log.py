"""Who saw whose data is on record; each month of it is looked through and signed."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from lms import audit
from lms.audit import AuditEvent
from lms.db import db, utcnow
from lms.i18n import SEOUL
from lms.privacy import access_log
from lms.privacy.access_log import MANY_DOWNLOADS, MANY_PEOPLE, Pattern
from lms.privacy.models import AccessReview

MARCH = date(2026, 3, 1)


def at(day: int, hour: int = 10, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=SEOUL)


def saw(by: object, *whose: int, when: datetime, action: str = "person-viewed") -> None:
    audit.record(action, by=by, at=when, whose=whose)
    db.session.flush()


def test_opening_a_record_is_recorded_with_whose_it_was(
    academy: SimpleNamespace, as_: Callable[..., object], hand_in: Callable[..., object]
) -> None:
    submission = hand_in()
    staff = f"/gradebook/assignments/{submission.assignment_id}/submissions/{submission.id}"
    receipt = staff.replace("/gradebook/", "/coursework/")
    as_(academy.ada).get(f"/accounts/people/{academy.omar.id}")
    as_(academy.ada).get(f"/accounts/people/{academy.ada.id}")  # her own
    as_(academy.ines).get(staff)
    as_(academy.ines).get(receipt)
    as_(academy.lena).get(receipt)  # her own
    as_(academy.omar).get(receipt)  # gets 404
    found = select(AuditEvent).where(AuditEvent.whose.is_not(None)).order_by(AuditEvent.id)
    assert [(e.action, e.actor_id, e.whose, e.address) for e in db.session.scalars(found)] == [
        ("person-viewed", academy.ada.id, [academy.omar.id], "127.0.0.1"),
        ("submission-viewed", academy.ines.id, [academy.lena.id], "127.0.0.1"),
        ("submission-viewed", academy.ines.id, [academy.lena.id], "127.0.0.1"),
    ]


def test_a_month_counts_by_person_and_day_and_says_what_is_unusual(
    academy: SimpleNamespace,
) -> None:
    ada, ines, lena, omar = (getattr(academy, n).id for n in ("ada", "ines", "lena", "omar"))
    saw(academy.ines, lena, when=at(2))
    saw(academy.ines, lena, when=at(2, 11))
    saw(academy.ines, omar, when=at(3, 2))
    saw(academy.ines, lena, when=at(1, 0) - timedelta(seconds=1))  # February in Seoul
    saw(academy.ines, lena, when=at(1, 0, month=4))
    for _time in range(MANY_DOWNLOADS):
        saw(academy.ada, lena, omar, when=at(31, 23), action="gradebook-exported")
    saw(None, *range(1000, 1001 + MANY_PEOPLE), when=at(5))
    found = {one.actor.id if one.actor else None: one for one in access_log.accesses(MARCH)}
    assert found[ines].total == 3 and found[ines].patterns == {Pattern.NIGHT}
    assert [(d.on.day, d.views, d.people, d.at_night) for d in found[ines].days] == [
        (2, 2, 1, 0), (3, 1, 1, 1),
    ]  # fmt: skip
    assert found[ada].actions == {"gradebook-exported": MANY_DOWNLOADS}
    assert found[ada].patterns == {Pattern.MANY_DOWNLOADS}
    assert found[ada].days[0].downloads == MANY_DOWNLOADS and found[ada].days[0].people == 0
    assert found[None].patterns == {Pattern.MANY_PEOPLE}


def test_a_month_that_is_not_signed_waits_on_the_first_page(
    academy: SimpleNamespace, as_: Callable[..., object]
) -> None:
    client, page = as_(academy.ada), "/privacy/access-reviews/2026-03"
    assert "is not reviewed" not in client.get("/").text
    saw(academy.ines, academy.lena.id, when=at(3, 2))
    db.session.commit()
    assert "2026-03 is not reviewed" in client.get("/").text
    assert "Not signed" in client.get("/privacy/").text
    assert "At night" in client.get(page).text
    refused = client.post(page, data={"note": "  "})
    assert refused.status_code == 422 and "unusual patterns" in refused.text
    assert db.session.scalars(select(AccessReview)).all() == []
    assert client.post(page, data={"note": "Ines marked late; asked her."}).status_code == 302
    assert "asked her" in client.get(page).text
    assert "is not reviewed" not in client.get("/").text
    assert client.post(page, data={"note": "once more"}).status_code == 409
    [review] = db.session.scalars(select(AccessReview))
    assert (review.month, review.accesses, review.by_id) == (MARCH, 1, academy.ada.id)


def test_the_running_month_cannot_be_signed(
    academy: SimpleNamespace, as_: Callable[..., object]
) -> None:
    month = f"{utcnow().astimezone(SEOUL):%Y-%m}"
    answer = as_(academy.ada).post(f"/privacy/access-reviews/{month}", data={"note": "x"})
    assert answer.status_code == 422
    for word in ("2026-13", "2026-3", "march", "1999-01"):
        assert as_(academy.ada).get(f"/privacy/access-reviews/{word}").status_code == 404


class TestBreach:
    TIMES = "since=2026-03-01T00:00&until=2026-03-31T00:00"

    @pytest.fixture(autouse=True)
    def accesses(self, academy: SimpleNamespace) -> None:
        saw(academy.ines, academy.lena.id, when=at(2))
        saw(academy.ada, academy.lena.id, academy.omar.id, when=at(3), action="gradebook-exported")
        saw(academy.ada, academy.stan.id, when=at(31))  # later
        db.session.commit()

    def test_it_names_who_is_affected(
        self, academy: SimpleNamespace, as_: Callable[..., object]
    ) -> None:
        found = access_log.affected(at(1), at(31))
        assert [(one.person, one.events, sorted(one.by)) for one in found] == [
            (academy.lena, 2, ["ada", "ines"]), (academy.omar, 1, ["ada"]),
        ]  # fmt: skip
        assert found[0].first_at == at(2) and found[0].last_at == at(3)
        page = as_(academy.ada).get(f"/privacy/breach?{self.TIMES}").text
        assert "2 people are affected" in page and "stan@" not in page

    def test_it_is_narrowed_to_an_account(
        self, academy: SimpleNamespace, as_: Callable[..., object]
    ) -> None:
        client = as_(academy.ada)
        page = client.get(f"/privacy/breach?{self.TIMES}&username=ines").text
        assert "1 person is affected" in page and "omar@" not in page
        assert (
            "no account of this name" in client.get(f"/privacy/breach?{self.TIMES}&username=x").text
        )
        page = client.get(f"/privacy/breach?{self.TIMES}&address=10.0.0.1").text
        assert "Nobody is affected" in page

    def test_the_file_asks_for_a_reason(
        self, academy: SimpleNamespace, as_: Callable[..., object]
    ) -> None:
        client, address = as_(academy.ada), f"/privacy/breach/file?{self.TIMES}"
        assert "2 people" in client.get(address).text
        assert client.post(address).status_code == 422
        reason = {"purpose": "security", "reason": "Telling the people of the breach."}
        answer = client.post(address, data=reason)
        rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
        assert [row[1] for row in rows[1:]] == ["lena", "omar"]
        backwards = "since=2026-03-31T00:00&until=2026-03-01T00:00"
        assert client.get(f"/privacy/breach/file?{backwards}").status_code == 400
        assert "not after the beginning" in client.get(f"/privacy/breach?{backwards}").text
