"""The exchange against a fake LMS: what is sent, what is written, and what is said when it fails."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError
from traitlets.config import Config

from grading.exchange import files, lms, staff
from grading.exchange.collect import ExchangeCollect
from grading.exchange.extension import open_assignment, submit
from grading.exchange.fetch_assignment import ExchangeFetchAssignment
from grading.exchange.fetch_feedback import ExchangeFetchFeedback
from grading.exchange.list import ExchangeList
from tests.grading.exchange.fake_lms import COURSE, KEY, NAME, FakeLms, digest


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLms]:
    with FakeLms() as fake:
        monkeypatch.setenv("ACADEMY_LMS_URL", fake.url)
        monkeypatch.setenv("ACADEMY_SESSION_KEY", KEY)
        monkeypatch.setenv("JUPYTERHUB_USER", "lena")
        monkeypatch.setattr(lms.Lms.__init__, "__defaults__", ((0.01, 0.01),))
        yield fake


@pytest.fixture
def folder(fake: FakeLms, tmp_path: Path) -> Path:
    """The assignment, fetched and worked on."""
    open_assignment(COURSE, NAME, home=tmp_path)
    folder = tmp_path / COURSE / NAME
    (folder / "loops.ipynb").write_bytes(b'{"cells": [], "mine": true}')
    return folder


def exchange(kind: type, home: Path, course: str = COURSE, name: str = NAME, **config: Any) -> Any:
    settings = Config()
    settings.Exchange.assignment_dir = str(home)
    settings[kind.__name__].update(config)
    return kind(coursedir=CourseDirectory(course_id=course, assignment_id=name), config=settings)


def receipts(home: Path) -> list[Path]:
    return sorted(home.glob(f".academy/submissions/{COURSE}/{NAME}/*/receipt.json"))


class TestFetchAssignment:
    def test_a_new_folder_appears_whole(self, fake: FakeLms, tmp_path: Path) -> None:
        exchange(ExchangeFetchAssignment, tmp_path).start()
        folder = tmp_path / COURSE / NAME
        found = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
        assert {path: file.read_bytes() for path, file in found.items()} == fake.release
        assert [path.name for path in folder.parent.iterdir()] == [NAME]

    def test_it_brings_back_what_is_missing_and_leaves_the_rest(
        self, fake: FakeLms, tmp_path: Path, folder: Path
    ) -> None:
        (folder / "data/rain.csv").unlink()
        exchange(ExchangeFetchAssignment, tmp_path, replace_missing_files=True).start()
        assert (folder / "data/rain.csv").read_bytes() == fake.release["data/rain.csv"]
        assert b"mine" in (folder / "loops.ipynb").read_bytes()

    def test_twice_is_refused_unless_missing_files_are_wanted(
        self, fake: FakeLms, tmp_path: Path, folder: Path
    ) -> None:
        with pytest.raises(ExchangeError, match="already have"):
            exchange(ExchangeFetchAssignment, tmp_path).start()

    @pytest.mark.parametrize(
        "path",
        ["../x.py", "/etc/x", "a/../../x", ".bashrc", "a//b", "", "a\\b", "a\nb", None, "./x"],
    )
    def test_a_hostile_path_writes_nothing(
        self, fake: FakeLms, tmp_path: Path, path: str | None
    ) -> None:
        fake.listing = [{"path": path, "sha256": digest(b""), "size": 0}]
        with pytest.raises(ExchangeError, match="cannot be used"):
            exchange(ExchangeFetchAssignment, tmp_path).start()
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("name", ["..", "a/b", ".ssh", ""])
    def test_a_hostile_name_writes_nothing(self, fake: FakeLms, tmp_path: Path, name: str) -> None:
        with pytest.raises(ExchangeError):
            exchange(ExchangeFetchAssignment, tmp_path, name=name).start()
        assert list(tmp_path.iterdir()) == []

    def test_a_link_out_of_the_folder_is_not_written_through(
        self, fake: FakeLms, tmp_path: Path
    ) -> None:
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / COURSE / NAME).mkdir(parents=True)
        (tmp_path / COURSE / NAME / "data").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(ExchangeError, match="leads out"):
            exchange(ExchangeFetchAssignment, tmp_path, replace_missing_files=True).start()
        assert list((tmp_path / "elsewhere").iterdir()) == []

    def test_a_damaged_file_leaves_no_folder(self, fake: FakeLms, tmp_path: Path) -> None:
        fake.listing = [{"path": "loops.ipynb", "sha256": "0" * 64, "size": 1}]
        with pytest.raises(ExchangeError, match="damaged"):
            exchange(ExchangeFetchAssignment, tmp_path).start()
        assert list((tmp_path / COURSE).iterdir()) == []


class TestOpen:
    def test_without_the_lms_what_is_there_still_opens(
        self, fake: FakeLms, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ACADEMY_LMS_URL", "http://127.0.0.1:9")
        assert open_assignment(COURSE, NAME, home=tmp_path) == f"{COURSE}/{NAME}/loops.ipynb"

    def test_without_the_lms_nothing_new_opens(
        self, fake: FakeLms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ACADEMY_LMS_URL", "http://127.0.0.1:9")
        with pytest.raises(ExchangeError, match="could not be reached"):
            open_assignment(COURSE, NAME, home=tmp_path)


class TestSubmit:
    def test_it_sends_the_files_and_keeps_the_receipt(
        self, fake: FakeLms, tmp_path: Path, folder: Path
    ) -> None:
        (folder / "그림 1.png").write_bytes(bytes(range(256)))
        receipt = submit(COURSE, NAME, home=tmp_path)
        (received,) = fake.received.values()
        assert received == {
            "loops.ipynb": b'{"cells": [], "mine": true}',
            "data/rain.csv": fake.release["data/rain.csv"],
            "그림 1.png": bytes(range(256)),
        }
        assert json.loads(receipts(tmp_path)[0].read_text()) == receipt
        assert not (receipts(tmp_path)[0].parent / "files").exists()

    def test_what_is_no_work_stays_here(self, fake: FakeLms, tmp_path: Path, folder: Path) -> None:
        for path in (
            ".ipynb_checkpoints/a.ipynb",
            "feedback/t/a.html",
            "__pycache__/m.pyc",
            ".env",
        ):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text("x")
        (folder / "secret").symlink_to("/etc/hostname")
        (folder / "etc").symlink_to("/etc")
        os.mkfifo(folder / "pipe")
        submit(COURSE, NAME, home=tmp_path)
        (received,) = fake.received.values()
        assert set(received) == {"loops.ipynb", "data/rain.csv"}

    def test_a_notebook_that_is_a_link_is_refused_by_name(
        self, fake: FakeLms, tmp_path: Path, folder: Path
    ) -> None:
        (folder / "loops.ipynb").rename(tmp_path / "loops.ipynb")
        (folder / "loops.ipynb").symlink_to(tmp_path / "loops.ipynb")
        with pytest.raises(ExchangeError, match=r"loops\.ipynb is a link"):
            submit(COURSE, NAME, home=tmp_path)
        assert not fake.submissions

    def test_a_huge_file_is_refused_by_name(
        self, fake: FakeLms, tmp_path: Path, folder: Path
    ) -> None:
        with (folder / "model.bin").open("wb") as stream:
            stream.truncate(files.MOST_BYTES_IN_A_FILE + 1)
        with pytest.raises(ExchangeError, match=r"model\.bin is over 25 MB"):
            submit(COURSE, NAME, home=tmp_path)
        assert not fake.submissions

    def test_too_many_files_are_refused(self, fake: FakeLms, tmp_path: Path, folder: Path) -> None:
        for number in range(files.MOST_FILES):
            (folder / f"{number}.txt").touch()
        with pytest.raises(ExchangeError, match="over 200 files"):
            submit(COURSE, NAME, home=tmp_path)

    def test_a_name_that_cannot_be_sent_is_named(
        self, fake: FakeLms, tmp_path: Path, folder: Path
    ) -> None:
        (folder / 'a"b.txt').touch()
        with pytest.raises(ExchangeError, match="Rename it"):
            submit(COURSE, NAME, home=tmp_path)

    @pytest.mark.parametrize("failure", [500, 503, "refuse", "drop"])
    def test_a_failure_in_between_leaves_exactly_one_submission(
        self, fake: FakeLms, tmp_path: Path, folder: Path, failure: int | str
    ) -> None:
        fake.fail = [failure]
        receipt = submit(COURSE, NAME, home=tmp_path)
        assert receipt["id"] == 1
        assert len(fake.submissions) == 1
        assert fake.seen[f"POST /coursework/exchange/{COURSE}/{NAME}/submissions"] == 2

    def test_trying_again_after_all_failed_is_the_same_submission(
        self, fake: FakeLms, tmp_path: Path, folder: Path
    ) -> None:
        fake.fail = ["drop", "drop", "drop"]
        with pytest.raises(ExchangeError, match="will not count twice"):
            submit(COURSE, NAME, home=tmp_path)
        assert receipts(tmp_path) == []
        (kept,) = tmp_path.glob(".academy/submissions/*/*/*/files/loops.ipynb")
        assert b"mine" in kept.read_bytes()
        submit(COURSE, NAME, home=tmp_path)
        assert len(fake.submissions) == 1 and len(receipts(tmp_path)) == 1

    def test_changed_work_after_a_failure_is_a_new_submission(
        self, fake: FakeLms, tmp_path: Path, folder: Path
    ) -> None:
        fake.fail = ["drop", "drop", "drop"]
        with pytest.raises(ExchangeError):
            submit(COURSE, NAME, home=tmp_path)
        (folder / "loops.ipynb").write_bytes(b"{}")
        submit(COURSE, NAME, home=tmp_path)
        assert len(fake.submissions) == 2

    def test_an_old_unanswered_key_never_comes_back(
        self, fake: FakeLms, tmp_path: Path, folder: Path
    ) -> None:
        """Else handing in the first version again would answer with its old, overtaken receipt."""
        first = (folder / "loops.ipynb").read_bytes()
        fake.fail = ["drop", "drop", "drop"]
        with pytest.raises(ExchangeError):
            submit(COURSE, NAME, home=tmp_path)
        (folder / "loops.ipynb").write_bytes(b"{}")
        submit(COURSE, NAME, home=tmp_path)
        (folder / "loops.ipynb").write_bytes(first)
        assert submit(COURSE, NAME, home=tmp_path)["id"] == 3

    @pytest.mark.parametrize("status", [400, 404, 409, 413, 429])
    def test_a_refusal_is_final_and_said(
        self, fake: FakeLms, tmp_path: Path, folder: Path, status: int
    ) -> None:
        fake.fail = [status]
        with pytest.raises(ExchangeError, match=f"The fake says {status}"):
            submit(COURSE, NAME, home=tmp_path)
        assert fake.seen[f"POST /coursework/exchange/{COURSE}/{NAME}/submissions"] == 1

    def test_a_session_that_ended_says_what_to_do(
        self, fake: FakeLms, tmp_path: Path, folder: Path
    ) -> None:
        fake.key = "another"
        with pytest.raises(ExchangeError, match="start it again"):
            submit(COURSE, NAME, home=tmp_path)

    def test_a_receipt_of_other_files_is_none(
        self, fake: FakeLms, tmp_path: Path, folder: Path
    ) -> None:
        fake.fail = ["wrong"]
        with pytest.raises(ExchangeError, match="No valid receipt"):
            submit(COURSE, NAME, home=tmp_path)
        assert receipts(tmp_path) == []

    def test_no_lms_is_no_success(
        self, fake: FakeLms, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ACADEMY_LMS_URL", "http://127.0.0.1:9")
        with pytest.raises(ExchangeError, match="No receipt"):
            submit(COURSE, NAME, home=tmp_path)

    def test_nothing_fetched_is_nothing_to_submit(self, fake: FakeLms, tmp_path: Path) -> None:
        with pytest.raises(ExchangeError, match="Fetch the assignment first"):
            submit(COURSE, NAME, home=tmp_path)


class TestList:
    """The shape that nbgrader/exchange/default/list.py:parse_assignments gives its callers."""

    def test_released_then_fetched(self, fake: FakeLms, tmp_path: Path) -> None:
        path = tmp_path / COURSE / NAME
        row = {
            "course_id": COURSE,
            "assignment_id": NAME,
            "status": "released",
            "path": str(path),
            "notebooks": [{"notebook_id": "loops", "path": str(path / "loops.ipynb")}],
        }
        assert exchange(ExchangeList, tmp_path, name="").start() == [row]
        open_assignment(COURSE, NAME, home=tmp_path)
        assert exchange(ExchangeList, tmp_path, name="").start() == [row | {"status": "fetched"}]

    def test_submitted_with_feedback(self, fake: FakeLms, tmp_path: Path, folder: Path) -> None:
        submit(COURSE, NAME, home=tmp_path)
        (row,) = exchange(ExchangeList, tmp_path, name="", cached=True).start()
        assert {key: row[key] for key in row if key != "submissions"} == {
            "course_id": COURSE,
            "student_id": "lena",
            "assignment_id": NAME,
            "status": "submitted",
        }
        (submission,) = row["submissions"]
        assert submission == {
            "course_id": COURSE,
            "student_id": "lena",
            "assignment_id": NAME,
            "timestamp": "2026-11-21 08:14:01.123456 UTC",
            "status": "submitted",
            "path": str(folder),
            "has_local_feedback": False,
            "has_exchange_feedback": False,
            "feedback_updated": False,
            "local_feedback_path": None,
            "notebooks": [
                {
                    "notebook_id": "loops",
                    "path": str(folder / "loops.ipynb"),
                    "has_local_feedback": False,
                    "has_exchange_feedback": False,
                    "local_feedback_path": None,
                    "feedback_updated": False,
                }
            ],
        }

    def test_feedback_available_fetched_updated(
        self, fake: FakeLms, tmp_path: Path, folder: Path
    ) -> None:
        def state() -> tuple[bool, bool, bool]:
            (row,) = exchange(ExchangeList, tmp_path, cached=True).start()
            (s,) = row["submissions"]
            return s["has_exchange_feedback"], s["has_local_feedback"], s["feedback_updated"]

        submit(COURSE, NAME, home=tmp_path)
        fake.feedback = {1: {"loops": b"<p>good</p>"}}
        assert state() == (True, False, False)
        exchange(ExchangeFetchFeedback, tmp_path).start()
        page = folder / "feedback/2026-11-21 08:14:01.123456 UTC/loops.html"
        assert page.read_bytes() == b"<p>good</p>"
        assert state() == (True, True, False)
        fake.feedback = {1: {"loops": b"<p>very good</p>"}}
        assert state() == (True, True, True)
        exchange(ExchangeFetchFeedback, tmp_path).start()
        assert page.read_bytes() == b"<p>very good</p>" and state() == (True, True, False)

    def test_no_feedback_is_said(self, fake: FakeLms, tmp_path: Path, folder: Path) -> None:
        submit(COURSE, NAME, home=tmp_path)
        with pytest.raises(ExchangeError, match="no released feedback"):
            exchange(ExchangeFetchFeedback, tmp_path).start()

    def test_another_course_is_empty(self, fake: FakeLms, tmp_path: Path) -> None:
        assert exchange(ExchangeList, tmp_path, course="sql-c3", name="").start() == []


class TestCollect:
    def test_only_who_teaches_gets_anything(self, fake: FakeLms, tmp_path: Path) -> None:
        fake.store("k", {"loops.ipynb": b"{}"})
        fake.teaches = False
        with pytest.raises(ExchangeError, match="teach no such course"):
            collect(tmp_path)
        assert not (tmp_path / "submitted").exists()

    def test_a_damaged_file_leaves_what_was_there(self, fake: FakeLms, tmp_path: Path) -> None:
        fake.store("k", {"loops.ipynb": b"first"})
        collect(tmp_path)
        fake.store("l", {"loops.ipynb": b"second"})
        fake.received["l"]["loops.ipynb"] = b"other"
        with pytest.raises(ExchangeError, match="arrived damaged"):
            collect(tmp_path, update=True)
        folder = tmp_path / "submitted/lena" / NAME
        assert (folder / "loops.ipynb").read_bytes() == b"first"
        assert [path.name for path in folder.parent.iterdir()] == [NAME]

    @pytest.mark.parametrize("name", ["..", "a/b", ".ssh"])
    def test_a_hostile_student_writes_nothing(
        self, fake: FakeLms, tmp_path: Path, name: str
    ) -> None:
        fake.store("k", {"loops.ipynb": b"{}"}, student=name)
        with pytest.raises(ExchangeError, match="cannot be used"):
            collect(tmp_path)
        assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def collect(root: Path, **config: Any) -> None:
    settings = Config()
    settings.ExchangeCollect.update(config)
    coursedir = CourseDirectory(root=str(root), course_id=COURSE, assignment_id=NAME)
    ExchangeCollect(coursedir=coursedir, config=settings).start()


@pytest.mark.parametrize(
    ("kind", "where"),
    [
        (staff.ExchangeReleaseAssignment, "on the page of the course"),
        (staff.ExchangeReleaseFeedback, "on the page of the assignment"),
    ],
)
def test_staff_are_sent_to_the_lms(kind: type, where: str, fake: FakeLms, tmp_path: Path) -> None:
    with pytest.raises(ExchangeError, match=where) as refusal:
        exchange(kind, tmp_path).start()
    assert fake.url in str(refusal.value)
