"""What nbgrader's own programs need of an exchange, asked of nbgrader's and of ours.

nbgrader has no such suite. The shapes are those that `server_extensions/assignment_list`, its front
end and `apps/api.py` (formgrader) read; where implementations may differ, both ways are written down.
"""

import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError, abc
from nbgrader.server_extensions.assignment_list.handlers import AssignmentList
from nbgrader.utils import parse_utc

from grading.exchange import lms
from tests.grading.exchange.fake_lms import COURSE, NAME, FakeLms
from tests.grading.exchange.worlds import FILES, AcademyWorld, FolderWorld, World

KINDS = ("List", "FetchAssignment", "FetchFeedback", "Submit", "Collect",
         "ReleaseAssignment", "ReleaseFeedback")  # fmt: skip
RELEASED = {"course_id", "assignment_id", "status", "path", "notebooks"}
GROUP = {"course_id", "student_id", "assignment_id", "status", "submissions"}
FEEDBACK = {
    "has_local_feedback",
    "has_exchange_feedback",
    "feedback_updated",
    "local_feedback_path",
}
SUBMITTED = {"course_id", "student_id", "assignment_id", "timestamp", "status", "path",
             "notebooks"} | FEEDBACK  # fmt: skip


@pytest.fixture(params=["nbgrader", "academy"])
def world(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    # nbgrader calls the program `alembic` when it makes its gradebook.
    programs = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    for name, value in (("PATH", programs), ("HOME", str(tmp_path)), ("JUPYTER_NO_CONFIG", "")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("JUPYTERHUB_USER", "lena")
    for name in ("ACADEMY_LMS_URL", "ACADEMY_SESSION_KEY"):
        monkeypatch.setenv(name, "")
    monkeypatch.setattr(lms.Lms.__init__, "__defaults__", ((0.01, 0.01),))
    if request.param == "nbgrader":
        yield FolderWorld(tmp_path)
    else:
        with FakeLms() as fake:
            yield AcademyWorld(tmp_path, fake)


@pytest.fixture
def fetched(world: World) -> World:
    world.release()
    world.do("FetchAssignment")
    return world


@pytest.fixture
def submitted(fetched: World) -> World:
    fetched.do("Submit")
    return fetched


def refused(world: World, kind: str, **settings: Any) -> str:
    """The sentence: not empty, no traceback, and raised as nbgrader's programs expect."""
    with pytest.raises(ExchangeError) as refusal:
        world.do(kind, **settings)
    sentence = str(refusal.value)
    assert sentence.strip() and "Traceback" not in sentence
    return sentence


class TestTheEight:
    @pytest.mark.parametrize("kind", KINDS)
    def test_each_is_made_as_nbgraders_programs_make_it(self, world: World, kind: str) -> None:
        made = world.make(kind)
        assert isinstance(made, getattr(abc, f"Exchange{kind}")) and callable(made.start)
        assert made.assignment_dir == str(world.home)

    def test_the_options_that_programs_set(self, world: World) -> None:
        for kind, options in {
            "List": ("inbound", "cached", "remove"), "Submit": ("strict",),
            "FetchAssignment": ("replace_missing_files",), "ReleaseAssignment": ("force",),
            "Collect": ("update", "before_duedate", "check_owner"),
        }.items():  # fmt: skip
            for option in options:
                setattr(world.make(kind), option, True)

    @pytest.mark.parametrize("kind", ["FetchAssignment", "Submit", "FetchFeedback", "Collect"])
    def test_no_course_is_a_sentence(self, world: World, kind: str) -> None:
        world.release()
        refused(world, kind, course="")


class TestReleased:
    def test_nothing_is_an_empty_list(self, world: World) -> None:
        world.release()
        assert world.do("List", name="", course="another-course") == []

    def test_the_shape(self, world: World) -> None:
        world.release()
        [row] = world.do("List", name="")
        assert set(row) == RELEASED
        assert (row["course_id"], row["assignment_id"], row["status"]) == (COURSE, NAME, "released")
        [notebook] = row["notebooks"]
        assert set(notebook) == {"notebook_id", "path"} and notebook["notebook_id"] == "loops"
        assert os.path.isabs(row["path"]) and notebook["path"].endswith("loops.ipynb")
        json.dumps(row)

    def test_fetched_is_a_status_with_the_folder(self, fetched: World) -> None:
        [row] = fetched.do("List", name="")
        assert (row["status"], row["path"]) == ("fetched", str(fetched.folder))
        assert row["notebooks"] == [
            {"notebook_id": "loops", "path": str(fetched.folder / "loops.ipynb")}
        ]

    def test_one_assignment_can_be_asked_for(self, fetched: World) -> None:
        assert len(fetched.do("List", name=NAME)) == 1
        assert fetched.do("List", name="another") == []

    def test_inbound_and_cached_exclude_each_other(self, world: World) -> None:
        world.release()
        assert "incompatible" in refused(world, "List", inbound=True, cached=True)

    def test_removing(self, submitted: World) -> None:
        if submitted.keeps_everything:
            with pytest.raises(Exception, match="cannot be removed"):
                submitted.do("List", remove=True)
            assert len(submitted.do("List")) == 1
        else:
            assert [row["status"] for row in submitted.do("List", remove=True)] == ["removed"]
            assert submitted.do("List") == []


@pytest.mark.parametrize("flag", ["cached", "inbound"])
class TestSubmitted:
    def test_nothing_is_an_empty_list(self, fetched: World, flag: str) -> None:
        assert fetched.do("List", **{flag: True}) == []

    def test_the_shape(self, submitted: World, flag: str) -> None:
        [group] = submitted.do("List", name="", **{flag: True})
        assert set(group) == GROUP
        [row] = group["submissions"]
        assert set(row) - {"random_string"} == SUBMITTED  # a secret of nbgrader's folder names
        for one in (group, row):
            assert (one["course_id"], one["assignment_id"]) == (COURSE, NAME)
            assert (one["student_id"], one["status"]) == (submitted.student, "submitted")
        [notebook] = row["notebooks"]
        assert set(notebook) == {"notebook_id", "path"} | FEEDBACK
        assert notebook["notebook_id"] == "loops"
        for one in (row, notebook):
            assert [one[name] for name in sorted(FEEDBACK)] == [False, False, False, None]
        json.dumps(group)

    def test_every_attempt_in_order_under_one_group(self, submitted: World, flag: str) -> None:
        for number in range(2):
            (submitted.folder / "loops.ipynb").write_text(json.dumps({"cells": [], "n": number}))
            submitted.do("Submit")
        [group] = submitted.do("List", **{flag: True})
        moments = [row["timestamp"] for row in group["submissions"]]
        assert len(set(moments)) == 3 and moments == sorted(moments)

    def test_a_student_can_be_asked_for(self, submitted: World, flag: str) -> None:
        found = submitted.do("List", student=submitted.student, **{flag: True})
        assert [group["student_id"] for group in found] == [submitted.student]


class TestTimestamps:
    def test_format_and_zone_are_the_exchanges(self, fetched: World) -> None:
        # Without the zone in it: nbgrader's own list cuts the name of a folder at every "+".
        settings = {"timezone": "Asia/Seoul", "timestamp_format": "%Y-%m-%d %H:%M:%S.%f"}
        fetched.do("Submit", **settings)
        [group] = fetched.do("List", cached=True, **settings)
        moment = datetime.fromisoformat(group["submissions"][0]["timestamp"])
        apart = moment - fetched.handed_in_at().replace(tzinfo=None)
        assert abs(apart - timedelta(hours=9)) < timedelta(minutes=1)

    def test_nbgrader_reads_the_usual_one_as_utc(self, submitted: World) -> None:
        [group] = submitted.do("List", cached=True)
        text = group["submissions"][0]["timestamp"]
        assert text.endswith(" UTC")
        assert parse_utc(text) == datetime.fromisoformat(text.removesuffix(" UTC"))

    def test_an_unknown_zone_is_a_sentence(self, fetched: World) -> None:
        assert "Nowhere" in refused(fetched, "Submit", timezone="Nowhere/Nothing")


class TestFetchAssignment:
    def test_every_file_comes(self, fetched: World) -> None:
        found = {
            path.relative_to(fetched.folder).as_posix(): path.read_bytes()
            for path in fetched.folder.rglob("*")
            if path.is_file()
        }
        assert found == FILES

    def test_twice_is_refused_and_changes_nothing(self, fetched: World) -> None:
        (fetched.folder / "loops.ipynb").write_text("mine")
        refused(fetched, "FetchAssignment")
        assert (fetched.folder / "loops.ipynb").read_text() == "mine"

    def test_replace_missing_files_brings_back_only_what_is_missing(self, fetched: World) -> None:
        (fetched.folder / "loops.ipynb").write_text("mine")
        (fetched.folder / "data/rain.csv").unlink()
        fetched.do("FetchAssignment", replace_missing_files=True)
        assert (fetched.folder / "loops.ipynb").read_text() == "mine"
        assert (fetched.folder / "data/rain.csv").read_bytes() == FILES["data/rain.csv"]

    def test_what_is_not_released_is_a_sentence(self, world: World) -> None:
        world.release()
        refused(world, "FetchAssignment", name="another")
        assert not (world.home / COURSE / "another").exists()


class TestSubmit:
    def test_what_was_not_fetched_is_a_sentence(self, world: World) -> None:
        world.release()
        refused(world, "Submit")

    def test_strict_refuses_a_missing_notebook(self, fetched: World) -> None:
        (fetched.folder / "loops.ipynb").rename(fetched.folder / "mine.ipynb")
        assert "loops.ipynb" in refused(fetched, "Submit", strict=True)
        assert fetched.do("List", cached=True) == []

    def test_strict_takes_a_whole_assignment(self, fetched: World) -> None:
        fetched.do("Submit", strict=True)
        assert len(fetched.do("List", cached=True)) == 1

    def test_the_trainees_files_stay_as_they_are(self, submitted: World) -> None:
        assert (submitted.folder / "loops.ipynb").read_bytes() == FILES["loops.ipynb"]


class TestFeedback:
    def state(self, world: World) -> list[bool]:
        [group] = world.do("List", cached=True)
        row = group["submissions"][-1]
        [notebook] = row["notebooks"]
        names = ("has_exchange_feedback", "has_local_feedback", "feedback_updated")
        assert [row[name] for name in names] == [notebook[name] for name in names]
        return [row[name] for name in names]

    def test_given_fetched_and_given_anew(self, submitted: World) -> None:
        assert self.state(submitted) == [False, False, False]
        submitted.give_feedback({"loops": b"<p>good</p>"})
        assert self.state(submitted) == [True, False, False]
        submitted.do("FetchFeedback")
        assert self.state(submitted) == [True, True, False]
        submitted.give_feedback({"loops": b"<p>very good</p>"})
        assert self.state(submitted) == [True, True, True]
        submitted.do("FetchFeedback")
        assert self.state(submitted) == [True, True, False]

    def test_it_lies_where_the_list_says(self, submitted: World) -> None:
        submitted.give_feedback({"loops": b"<p>good</p>"})
        submitted.do("FetchFeedback")
        [group] = submitted.do("List", cached=True)
        row = group["submissions"][0]
        folder = submitted.folder / "feedback" / row["timestamp"]
        assert row["local_feedback_path"] == str(folder)
        page = Path(row["notebooks"][0]["local_feedback_path"])
        assert page == folder / "loops.html" and page.read_bytes() == b"<p>good</p>"

    def test_none_is_a_sentence(self, submitted: World) -> None:
        refused(submitted, "FetchFeedback")
        assert not (submitted.folder / "feedback").exists()


class TestStaff:
    def collected(self, world: World) -> Path:
        return world.staff / "submitted" / world.student / NAME

    def test_collect_lays_out_what_autograde_reads(self, submitted: World) -> None:
        submitted.do("Collect")
        folder = self.collected(submitted)
        assert (folder / "loops.ipynb").read_bytes() == FILES["loops.ipynb"]
        assert (folder / "data/rain.csv").read_bytes() == FILES["data/rain.csv"]
        [group] = submitted.do("List", cached=True)
        moment = CourseDirectory().get_existing_timestamp(str(folder))
        assert moment == parse_utc(group["submissions"][0]["timestamp"])

    def test_only_update_takes_what_is_newer(self, submitted: World) -> None:
        submitted.do("Collect")
        (submitted.folder / "loops.ipynb").write_text("{}")
        submitted.do("Submit")
        submitted.do("Collect")
        book = self.collected(submitted) / "loops.ipynb"
        assert book.read_bytes() == FILES["loops.ipynb"]
        submitted.do("Collect", update=True)
        assert book.read_text() == "{}"
        assert [path.name for path in self.collected(submitted).parent.iterdir()] == [NAME]

    def test_one_student_can_be_asked_for(self, submitted: World) -> None:
        submitted.do("Collect", student="nobody")
        assert not self.collected(submitted).exists()
        submitted.do("Collect", student=submitted.student)
        assert self.collected(submitted).is_dir()

    def test_collect_before_the_due_date(self, submitted: World) -> None:
        """The last in time, not the last of all."""
        (submitted.folder / "loops.ipynb").write_text("{}")
        submitted.do("Submit")
        if isinstance(submitted, AcademyWorld):
            submitted.fake.late = {2}
        else:
            [group] = submitted.do("List", cached=True)
            due = parse_utc(group["submissions"][0]["timestamp"]) + timedelta(microseconds=1)
            set_due_date(submitted, due.replace(tzinfo=UTC))
        submitted.do("Collect", before_duedate=True)
        book = self.collected(submitted) / "loops.ipynb"
        assert book.read_bytes() == FILES["loops.ipynb"]
        submitted.do("Collect", update=True)
        assert book.read_text() == "{}"

    def test_releasing_works_or_says_where(self, fetched: World) -> None:
        for kind in ("ReleaseAssignment", "ReleaseFeedback"):
            if fetched.releases:
                fetched.do(kind, **({"force": True} if kind == "ReleaseAssignment" else {}))
            else:
                assert "in the LMS" in refused(fetched, kind)


def set_due_date(world: World, due: datetime) -> None:
    from nbgrader.api import Gradebook

    with Gradebook(CourseDirectory(root=str(world.staff)).db_url, COURSE) as gradebook:
        gradebook.update_or_create_assignment(NAME, duedate=due.replace(tzinfo=None))


class TestConsumers:
    @pytest.fixture
    def listing(self, world: World, monkeypatch: pytest.MonkeyPatch) -> AssignmentList:
        """nbgrader's server extension, which takes its settings from files and folders."""
        found = AssignmentList()
        found.root_dir = str(world.home)
        config = world.config(Exchange={"timezone": "UTC"})
        config.ExchangeFetchAssignment.replace_missing_files = False
        config.CourseDirectory.root = str(world.staff)
        for app in ("nbgrader.apps.NbGrader.load_config_file",):
            monkeypatch.setattr(app, lambda self, **_: self.update_config(config))
        return found

    def test_assignment_list_from_release_to_feedback(
        self, world: World, listing: AssignmentList
    ) -> None:
        world.release()
        assert self.values(listing.list_assignments(COURSE), "status") == ["released"]
        assert listing.list_courses() == {"success": True, "value": [COURSE]}
        assert listing.fetch_assignment(COURSE, NAME) == {"success": True}
        answer = listing.list_assignments(COURSE)
        assert self.values(answer, "path") == [f"{COURSE}/{NAME}"]  # below the server's root
        assert self.values(answer["value"][0]["notebooks"], "path") == [
            f"{COURSE}/{NAME}/loops.ipynb"
        ]
        assert listing.submit_assignment(COURSE, NAME) == {"success": True}
        assert self.values(listing.list_assignments(COURSE), "status") == ["fetched", "submitted"]
        world.give_feedback({"loops": b"<p>good</p>"})
        assert listing.fetch_feedback(COURSE, NAME) == {"success": True}
        [submission] = listing.list_assignments(COURSE)["value"][1]["submissions"]
        assert submission["local_feedback_path"].startswith(f"{COURSE}/{NAME}/feedback/")
        json.dumps(listing.list_assignments())

    def test_a_failure_comes_as_an_answer(self, world: World, listing: AssignmentList) -> None:
        world.release()
        answer = listing.fetch_assignment(COURSE, "another")
        assert answer["success"] is False and "ExchangeError" in answer["value"]

    @staticmethod
    def values(answer: Any, key: str) -> list[Any]:
        return [row[key] for row in (answer["value"] if isinstance(answer, dict) else answer)]

    def api(self, world: World) -> NbGraderAPI:
        config = world.config(Exchange={"timezone": "UTC"})
        config.CourseDirectory.update({"root": str(world.staff), "course_id": COURSE})
        return NbGraderAPI(config=config)

    def test_formgrader_sees_what_is_released(self, world: World) -> None:
        world.release()
        api = self.api(world)
        assert isinstance(api.exchange_root, str) and not api.exchange_missing
        assert api.get_released_assignments() == {NAME}

    def test_formgrader_collects(self, submitted: World) -> None:
        api = self.api(submitted)
        answer = api.collect(NAME)
        assert answer["success"], answer
        assert api.get_submitted_students(NAME) == {submitted.student}
        assert api.get_submitted_timestamp(NAME, submitted.student) is not None

    def test_formgrader_hears_why_not(self, submitted: World) -> None:
        """Every action answers with success and log, also where the exchange refuses."""
        api = self.api(submitted)
        for answer in (api.release_feedback(NAME), api.unrelease(NAME)):
            assert answer["success"] is not submitted.keeps_everything
            assert submitted.releases or "LMS" in answer["log"] + answer["error"]

    def test_formgrader_without_an_exchange_starts_all_the_same(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if isinstance(world, AcademyWorld):
            monkeypatch.setenv("ACADEMY_LMS_URL", "http://127.0.0.1:9")
        else:
            assert isinstance(world, FolderWorld)
            world.root.write_text("a file is no folder")
        api = self.api(world)
        assert api.exchange_missing and api.get_released_assignments() == set()
