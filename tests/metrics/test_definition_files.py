"""A definition with a mistake is refused with file, line and a way out; all versions are kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from lms.metrics.definition import Among, Condition, Population
from lms.metrics.definition_files import (
    FOLDER,
    DefinitionFileError,
    definitions,
    in_effect,
    read_folder,
    versions,
)

PLAIN = """\
id: rate
version: 1
effective_on: 2020-01-01
name: {ko: 비율, en: Rate}
meaning: {ko: 뜻, en: Meaning}
source: {ko: 출처, en: Source}
population: completers
day: as-of
evidence_floor: 0
classes:
  - code: employee
    name: {ko: 직장, en: Employee}
    when: {kind: employee, insured: {not: false}}
  - code: paid
    name: {ko: 급여, en: Paid}
    when:
      - {base_pay: {at_least: 1, under: 9}, region: "29"}
      - {person.intent: [in-field-job, null]}
numerator: [employee]
left_out: [other]
measure: share
"""


def folder(path: Path, **files: str) -> Path:
    for name, text in files.items():
        (path / f"{name}.v1.yaml").write_text(text, "utf-8")
    return path


def problems(path: Path) -> list[str]:
    with pytest.raises(DefinitionFileError) as raised:
        read_folder(path)
    return [str(problem) for problem in raised.value.problems]


def test_a_file_becomes_a_definition(tmp_path: Path) -> None:
    one = read_folder(folder(tmp_path, rate=PLAIN))["rate/1"]
    assert one.population is Population.COMPLETERS and one.left_out == {"other"}
    employee, paid = one.classes
    assert employee.when == (
        (Condition("kind", "in", ("employee",)), Condition("insured", "not in", (False,))),
    )
    assert paid.when == (
        (
            Condition("base_pay", "at least", (1,)),
            Condition("base_pay", "under", (9,)),
            Condition("region", "in", ("29",)),
        ),
        (Condition("intent", "in", ("in-field-job", None), of_person=True),),
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("version: 1\n", "", 1, "a definition lacks version: add what is missing."),
        ("version: 1", "version: 0", 2, "version is 0: write 1 or more."),
        ("version: 1", "version: true", 2, "version is no whole number"),
        ("2020-01-01", "2020-02-30", 3, "effective_on is 2020-02-30, which does not exist"),
        ("2020-01-01", "soon", 3, "effective_on is no date"),
        ("id: rate", "id: Rate!", 1, 'id is "Rate!": use small letters'),
        ("en: Rate", "fr: Taux", 4, 'name has the unknown key "fr": use ko, en.'),
        ("en: Rate", 'en: ""', 4, "name.en is no text"),
        ("completers", "graduates", 7, "write one of enrolled, completers, exiters"),
        ("as-of", "tomorrow", 8, "day is unknown: write as-of, after, census or quarter_after."),
        ("as-of", "{after: completion, weeks: 3}", 8, 'day has the unknown key "weeks"'),
        ("as-of", "{after: completion, days: -3}", 8, "days is no whole number"),
        ("as-of", '{census: "02-29", year_begins: "03-01"}', 8, "census is no day of every year"),
        ("as-of", "{quarter_after: birth, number: 2}", 8, "write one of completion, exit"),
        ("evidence_floor: 0", "evidence_floor: 6", 9, "write a level from 0 to 5"),
        ("kind: employee", "kind: boss", 13, 'kind is "boss": write one of employee, founder'),
        ("kind: employee", "job: employee", 13, 'when of employee has the unknown key "job"'),
        ("{not: false}", "{is: false}", 13, 'insured has the unknown key "is": use at_least'),
        ("{not: false}", "maybe", 13, "insured is 'maybe': write true or false, or null."),
        ("{not: false}", "{at_least: 1}", 13, "insured is no number"),
        ("{not: false}", "[]", 13, "insured has no value: write one."),
        ("{not: false}", "{}", 13, "insured says nothing"),
        ("{kind: employee, insured: {not: false}}", "{}", 13, "when of employee says nothing"),
        ("at_least: 1", "at_least: many", 17, "base_pay is compared with no number"),
        ('"29"', "29", 17, "region is '29': write a text in quotes, or null."),
        ("person.intent: [in-field-job, null]", "person.left_on: 2024-01-01", 18, "is a date: write null"),
        ("person.intent", "person.name", 18, 'the unknown key "person.name"'),
        ("code: paid", "code: employee", 14, 'the class "employee" is there already'),
        ("code: paid", "code: other", 14, 'the class "other" is there already'),
        ("numerator: [employee]", "numerator: []", 19, "nobody would count: name a class."),
        ("numerator: [employee]", "numerator: [boss]", 19, '"boss" is no class: write one of employee, paid, other.'),
        ("numerator: [employee]", "numerator: employee", 19, "numerator is no list"),
        ("left_out: [other]", "left_out: [other, employee]", 19, "cannot count and be left out"),
        ("measure: share", "measure: ratio", 21, "measure is unknown: write share, median or incidence."),
        ("measure: share", "measure: {median: region}", 21, 'there is no median of "region"'),
        ("measure: share", "measure: {incidence: 6, competing: []}", 8, "begins on a day of each person"),
        ("measure: share", "measure: share\nmeasure: share", 22, 'has the key "measure" twice'),
        ("measure: share", "measure: {share", 22, "the file is not YAML"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, message: str
) -> None:
    assert old in PLAIN
    text = PLAIN.replace(old, new, 1)
    assert any(
        each.startswith(f"rate.v1.yaml:{line}: ") and message in each
        for each in problems(folder(tmp_path, rate=text))
    ), problems(tmp_path)


@pytest.mark.parametrize(
    ("population", "day"),
    [
        ("enrolled", "{after: exit, days: 1}"),
        ("exiters", "{after: completion, days: 1}"),
        ("exiters", '{census: "12-31", year_begins: "03-01"}'),
        ("completers-and-early-hired", "{quarter_after: completion, number: 1}"),
    ],
)
def test_a_day_that_not_all_of_the_population_have_is_refused(
    tmp_path: Path, population: str, day: str
) -> None:
    text = PLAIN.replace("completers", population).replace("as-of", day)
    assert f"not all of {population} have that day" in problems(folder(tmp_path, rate=text))[0]


def test_mistakes_of_several_files_and_lines_are_told_together(tmp_path: Path) -> None:
    broken = PLAIN.replace("as-of", "now").replace("employee, insured", "boss, insured")
    (tmp_path / "binary.v1.yaml").write_bytes(b"\xff\xfe")
    (tmp_path / "empty.v1.yaml").write_bytes(b"")
    found = problems(folder(tmp_path, rate=broken, other=PLAIN))
    assert [each.split(": ")[0] for each in found] == [
        "binary.v1.yaml:1", "empty.v1.yaml:1", "other.v1.yaml:1", "rate.v1.yaml:8", "rate.v1.yaml:13",
    ]  # fmt: skip


def test_each_version_holds_from_its_day_and_none_is_lost(tmp_path: Path) -> None:
    later = PLAIN.replace("version: 1", "version: 2").replace("2020", "2024")
    (tmp_path / "rate.v2.yaml").write_text(later, "utf-8")
    every = read_folder(folder(tmp_path, rate=PLAIN))
    assert list(every) == ["rate/1", "rate/2"]
    held = [in_effect(every, on=date(year, 1, 1)) for year in (2019, 2020, 2023, 2024)]
    assert [one["rate"].version if one else None for one in held] == [None, 1, 1, 2]
    (tmp_path / "rate.v2.yaml").write_text(later.replace("2024", "2020"), "utf-8")
    assert "takes effect on 2020-01-01, not after rate/1" in problems(tmp_path)[0]


@pytest.mark.parametrize(
    ("of", "message"),
    [
        ("{of: nothing, classes: [paid]}", 'takes "nothing", which is not in effect on 2020-01-01'),
        ("{of: rate, classes: [boss]}", "takes boss of rate/1, which has no such class."),
        ("{of: part, classes: [paid]}", 'takes "part", which takes this one'),
    ],
)
def test_what_is_taken_from_another_metric_must_be_there(
    tmp_path: Path, of: str, message: str
) -> None:
    part = PLAIN.replace("id: rate", "id: part").replace("completers", of)
    found = problems(folder(tmp_path, rate=PLAIN, part=part))
    assert len(found) == 1 and found[0].startswith("part.v1.yaml:1: ") and message in found[0]


def test_a_day_taken_from_another_metric_is_one_that_all_of_the_population_have(
    tmp_path: Path,
) -> None:
    census = PLAIN.replace("as-of", '{census: "12-31", year_begins: "03-01"}')
    part = PLAIN.replace("id: rate", "id: part").replace("as-of", "{after: rate, months: 3}")
    assert read_folder(folder(tmp_path, rate=census, part=part))
    for population in ("exiters", "enrolled", "completers-and-early-hired"):
        folder(tmp_path, part=part.replace("completers", population))
        assert "not all whom it is about have its day" in problems(tmp_path)[0]


INCIDENCE = PLAIN.replace("as-of", "{after: completion, days: 0}").replace("[other]", "[]")


@pytest.mark.parametrize(
    ("numerator", "competing", "message"),
    [
        ("[employee]", "[]", "paid neither counts nor competes"),
        ("[employee, other]", "[paid]", 'in "other" are those who still wait'),
        ("[employee, paid]", "[paid]", "paid cannot count and be left out or compete"),
        ("[employee]", "[boss]", '"boss" is no class'),
    ],
)
def test_an_incidence_says_of_every_class_what_it_is(
    tmp_path: Path, numerator: str, competing: str, message: str
) -> None:
    text = INCIDENCE.replace("[employee]", numerator)
    text = text.replace("measure: share", f"measure: {{incidence: 6, competing: {competing}}}")
    assert any(message in each for each in problems(folder(tmp_path, rate=text)))


def test_a_circle_that_others_lead_into_is_told(tmp_path: Path) -> None:
    def about(name: str, other: str) -> str:
        text = PLAIN.replace("id: rate", f"id: {name}")
        return text.replace("completers", f"{{of: {other}, classes: [paid]}}")

    folder(tmp_path, a=about("a", "b"), b=about("b", "c"), c=about("c", "b"))
    assert [each.split(":")[0] for each in problems(tmp_path)] == ["b.v1.yaml", "c.v1.yaml"]


def test_a_new_version_may_not_take_a_class_away_from_who_refers_to_it(tmp_path: Path) -> None:
    part = PLAIN.replace("id: rate", "id: part").replace(
        "completers", "{of: rate, classes: [paid]}"
    )
    later = (
        PLAIN.replace("version: 1", "version: 2").replace("2020", "2024").replace("paid", "rich")
    )
    (tmp_path / "rate.v2.yaml").write_text(later, "utf-8")
    found = problems(folder(tmp_path, rate=PLAIN, part=part))
    assert found == ["part.v1.yaml:1: takes paid of rate/2, which has no such class."]


def test_those_that_are_shipped_are_all_read_and_kept_together() -> None:
    assert len(versions()) == len(list(FOLDER.glob("*.yaml")))
    assert versions() is versions()
    shipped = definitions(on=date(2020, 7, 1))
    assert {"plain", "kedi-employment", "kdt-completion", "wioa-median-pay"} <= set(shipped)
    assert shipped["kedi-retention-1"].population == Among("kedi-census", ("insured",))


@pytest.mark.parametrize("id", ["local-retention", "local-of-completers"])
def test_the_region_is_that_of_the_standard_administrative_code(id: str) -> None:
    """Version 1 named the code wrongly; it stays, as reports name it, and counts the same."""
    first, second = (versions()[f"{id}/{number}"] for number in (1, 2))
    assert "KOSTAT" in first.source.en and "통계청" in first.source.ko
    assert "Ministry of the Interior and Safety" in second.source.en
    assert "법정동코드" in second.source.ko
    told = {"version": 2, "effective_on": second.effective_on, "source": second.source}
    assert replace(first, **told) == second
    day = second.effective_on
    assert definitions(on=day)[id] == second
    assert definitions(on=day - timedelta(days=1))[id] == first
