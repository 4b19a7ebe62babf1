"""The auditor's command: the figures of a file of facts, in a checkout where nothing was started."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

import lms
from lms import bare
from lms.config import ConfigError

ROOT = Path(lms.__file__).parent.parent
HEADER = (
    "person,cohort,enrolled_on,left_on,leaving,completed_on,intent,kind,valid_from,valid_to,"
    "evidence_level,in_field,hours,contract,contract_months,insured,subsidised,hired_by_academy,"
    "region,registered,sales,income,base_pay"
)
FACTS = f"""{HEADER}
a,5기,2024-01-29,,,2024-11-26,,employee,2024-12-01,,5,yes,40,permanent,,yes,,,29,,,,2500000
b,5기,2024-01-29,,,2024-11-26,,,,,,,,,,,,,,,,,
c,6기,2025-03-04,,,,,,,,,,,,,,,,,,,,
"""


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    path = tmp_path / "FACTS.csv"
    path.write_text(FACTS, "utf-8-sig")
    return path


@pytest.fixture
def bare_app() -> Flask:
    return bare.build(ConfigError("LMS_SECRET_KEY is not set"))


def flask(*arguments: str, state: Path) -> subprocess.CompletedProcess[str]:
    """`flask --app wsgi …` with no environment but a state folder that is not there."""
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *arguments],
        cwd=ROOT, env={"ACADEMY_STATE": str(state / "none")}, capture_output=True, text=True,
        encoding="utf-8",
    )  # fmt: skip


def test_a_bare_checkout_computes_and_leaves_nothing_behind(facts: Path, tmp_path: Path) -> None:
    done = flask(
        "outcomes", "compute", "--facts", str(facts), "--valid", "2026-01-05", "--json",
        state=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = {(one["cohort"], one["metric"]): one for one in json.loads(done.stdout)}
    assert found["5기", "plain"] == {
        "metric": "plain", "version": 1, "cohort": "5기", "valid": "2026-01-05",
        "numerator": 1, "denominator": 2, "value": 0.5,
        "interval": [pytest.approx(0.0945, abs=1e-4), pytest.approx(0.9055, abs=1e-4)],
        "window_state": "closed", "curve": [],
        "classes": {
            "employee": 1, "founder": 0, "freelance": 0, "study": 0, "military": 0, "unable": 0,
            "seeking": 0, "inactive": 0, "unknown": 0, "other": 1,
        },
    }  # fmt: skip
    assert found["6기", "plain"]["window_state"] == "running"
    assert found["6기", "plain"]["value"] is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["FACTS.csv"]


@pytest.mark.parametrize("arguments", [["db", "upgrade"], ["run", "--port", "0"], ["routes"]])
def test_whatever_needs_a_setting_does_not_start_without_it(
    arguments: list[str], tmp_path: Path
) -> None:
    done = flask(*arguments, state=tmp_path)
    assert done.returncode != 0
    assert "is not set: start the academy with `make up`" in done.stderr


def test_the_web_application_does_not_start_without_its_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing() -> None:
        raise ConfigError("LMS_SECRET_KEY is not set")

    monkeypatch.setattr("lms.config.Config.from_environ", missing)
    with pytest.raises(ConfigError, match="LMS_SECRET_KEY"):
        lms.create_app()


def compute(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["outcomes", "compute", *arguments])


def test_the_table_says_why_there_is_no_rate(bare_app: Flask, facts: Path) -> None:
    done = compute(bare_app, "--facts", str(facts), "--valid", "2026-01-05")
    assert done.exit_code == 0
    first_cohort = done.output.split("\n\n")[0].splitlines()[1:]
    lines = {line.split()[0]: line.split(maxsplit=1)[1] for line in first_cohort}
    assert lines["plain/1"] == "1/2     50.0 %  9.5 % – 90.5 %"
    assert lines["wioa-median-pay/1"] == "1/1  2,500,000  KRW"
    assert lines["kedi-retention-1/1"] == "–  its day has not come"
    assert "Cohort 6기" in done.output and "still running" in done.output


def test_the_academys_own_command_line_gives_the_same(
    app: Flask, bare_app: Flask, facts: Path
) -> None:
    arguments = ("--facts", str(facts), "--valid", "2026-01-05", "--json")
    assert compute(app, *arguments).output == compute(bare_app, *arguments).output


@pytest.mark.parametrize(
    ("content", "messages"),
    [
        (FACTS.replace("2024-12-01,,5", "2024-13-01,,9"), [":2: valid_from is", ":2: evidence_level is"]),
        (FACTS.replace("b,5기", "a,5기").replace("c,", "900101-1234567,"), [":4: person looks like a resident"]),
        ("", [":1: the file is empty"]),
    ],
)  # fmt: skip
def test_wrong_facts_are_refused_with_every_line(
    bare_app: Flask, facts: Path, content: str, messages: list[str]
) -> None:
    facts.write_text(content, "utf-8")
    done = compute(bare_app, "--facts", str(facts))
    assert done.exit_code == 2
    assert all(f"{facts}{message}" in done.stderr for message in messages), done.stderr
    assert "1234567" not in done.stderr and done.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--facts", "/nowhere/FACTS.csv"],
        ["--facts", "{facts}", "--valid", "soon"],
        ["--facts", "{facts}", "--valid", "2014-12-30"],
    ],
)
def test_wrong_options_are_refused(bare_app: Flask, facts: Path, arguments: list[str]) -> None:
    done = compute(bare_app, *(each.format(facts=facts) for each in arguments))
    assert done.exit_code == 2 and "Error: " in done.stderr
