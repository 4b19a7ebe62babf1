"""FACTS.csv: what is written is read back, and every mistake is told with its line and a way out."""

import csv
import io
from dataclasses import replace
from datetime import date

import pytest

from lms.metrics.facts import (
    Contract,
    FoundThrough,
    Intent,
    Leaving,
    Person,
    Spell,
    SpellKind,
)
from lms.metrics.facts_file import COLUMNS, FactsFileError, read_facts, write_facts

HEADER = ",".join(COLUMNS)
PEOPLE = (
    Person(
        key="a1",
        cohort="5기",
        enrolled_on=date(2024, 1, 29),
        completed_on=date(2024, 11, 26),
        intent=Intent.IN_FIELD_JOB,
        spells=(
            Spell(
                kind=SpellKind.EMPLOYEE, valid_from=date(2024, 12, 1), valid_to=date(2025, 3, 1),
                evidence_level=5, in_field=True, hours=37.5, contract=Contract.FIXED_TERM,
                contract_months=3, insured=True, subsidised=False, hired_by_academy=False,
                region="29", base_pay=2_400_000, found_through=FoundThrough.JOB_FAIR,
            ),
            Spell(
                kind=SpellKind.FOUNDER, valid_from=date(2025, 1, 1), registered=False, sales=0,
                income=0,
            ),
        ),
    ),
    Person(
        key="a2", cohort="5기", enrolled_on=date(2024, 1, 29), left_on=date(2024, 5, 2),
        leaving=Leaving.EARLY_JOB,
    ),
)  # fmt: skip


def test_what_is_written_is_read_back_as_the_same_people() -> None:
    assert read_facts(write_facts(PEOPLE)) == PEOPLE


def test_the_columns_are_those_that_are_documented() -> None:
    assert HEADER == (
        "person,cohort,enrolled_on,left_on,leaving,completed_on,intent,"
        "kind,valid_from,valid_to,evidence_level,in_field,hours,contract,contract_months,insured,"
        "subsidised,hired_by_academy,region,registered,sales,income,base_pay,"
        "found_through"
    )


def test_a_file_with_or_without_a_byte_order_mark_and_in_another_order_of_columns_is_read() -> None:
    text = write_facts(PEOPLE).decode("utf-8-sig")
    reordered = "\n".join(",".join(reversed(line.split(","))) for line in text.splitlines())
    assert read_facts(text.encode()) == read_facts(reordered.encode("utf-8-sig")) == PEOPLE


def test_a_file_of_before_has_no_way_in_which_jobs_were_found() -> None:
    table = list(csv.reader(io.StringIO(write_facts(PEOPLE).decode("utf-8-sig"))))
    place = table[0].index("found_through")
    before = "\n".join(",".join(row[:place] + row[place + 1 :]) for row in table)
    first, *others = read_facts(before.encode())
    job, *rest = PEOPLE[0].spells
    assert first == replace(PEOPLE[0], spells=(replace(job, found_through=None), *rest))
    assert others == [*PEOPLE[1:]]


def test_only_a_job_is_found() -> None:
    assert read_facts(f"{HEADER}\n{line(**JOB, found_through='project')}".encode())
    found = problems(line(kind="study", valid_from="2025-01-01", found_through="job-fair"))
    assert len(found) == 1 and "the kind is not employee" in found[0]
    [told] = problems(line(**JOB, found_through="a friend"))
    assert "write one of job-fair, academy, project, own-search, other" in told


def test_a_file_with_only_a_header_holds_nobody() -> None:
    assert read_facts(HEADER.encode()) == ()


def line(**cells: str) -> str:
    given = {"person": "p", "cohort": "5", "enrolled_on": "2024-01-29", **cells}
    return ",".join(given.get(name, "") for name in COLUMNS)


def problems(*lines: str) -> list[str]:
    with pytest.raises(FactsFileError) as raised:
        read_facts("\n".join([HEADER, *lines]).encode())
    return [str(problem) for problem in raised.value.problems]


JOB = {"kind": "employee", "valid_from": "2025-01-01"}


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"enrolled_on": ""}, "enrolled_on is empty: write it."),
        ({"person": ""}, "person is empty: write it."),
        ({"person": "=1+1"}, 'person is "=1+1": write it without a sign in front'),
        ({"enrolled_on": "29.01.2024"}, 'enrolled_on is "29.01.2024": write a date as 2026-02-28'),
        ({"enrolled_on": "20240129"}, 'enrolled_on is "20240129": write a date as'),
        ({"completed_on": "2025-02-29"}, "there is no such day"),
        ({"completed_on": "2024-01-28"}, "completed_on 2024-01-28 is before enrolled_on 2024-01-29"),
        ({"left_on": "2024-05-01", "completed_on": "2024-11-26"}, "either left or completed"),
        ({"leaving": "study"}, "left_on is empty: write the day."),
        ({"left_on": "2024-05-01", "leaving": "fired"}, "write one of early-job, change-of-job"),
        ({"intent": "rich"}, "write one of in-field-job, same-employer"),
        ({**JOB, "kind": "boss"}, 'kind is "boss": write one of employee, founder'),
        ({"kind": "employee"}, "valid_from is empty: write it."),
        ({"valid_from": "2025-01-01"}, "kind is empty but valid_from is not"),
        ({**JOB, "valid_to": "2025-01-01"}, "valid_to 2025-01-01 is not after valid_from"),
        ({**JOB, "evidence_level": "6"}, "write a level from 0 to 5"),
        ({**JOB, "insured": "예"}, 'insured is "예": write yes or no'),
        ({**JOB, "hours": "169"}, "write the hours of a week"),
        ({**JOB, "hours": "nan"}, "write the hours of a week"),
        ({**JOB, "contract_months": "-3"}, "write a whole number"),
        ({**JOB, "base_pay": "2e6"}, "write a whole number"),
        ({**JOB, "base_pay": "9" * 5000}, "write a whole number"),
        ({**JOB, "base_pay": "２４０"}, "write a whole number"),
        ({**JOB, "region": "Gwangju"}, "write the two digits of the si/do code"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_what_to_do(
    cells: dict[str, str], message: str
) -> None:
    found = problems(line(person="sound"), line(**cells))
    assert len(found) == 1, found
    assert found[0].startswith("line 3: ") and message in found[0]


def test_all_mistakes_are_told_at_once_in_the_order_of_lines() -> None:
    found = problems(
        line(person="a", enrolled_on="soon"),
        line(person="b", **JOB, insured="maybe", region="x"),
        line(person="c"),
        line(person="d", **JOB, valid_to="2024-01-01"),
    )
    assert [each.split(":")[0] for each in found] == ["line 2", "line 3", "line 3", "line 5"]


def test_spells_of_one_group_may_not_overlap_and_those_of_two_may() -> None:
    study = {"kind": "study", "valid_from": "2025-02-01"}
    found = problems(
        line(**JOB), line(**study), line(**JOB | {"valid_from": "2025-06-01", "valid_to": "2026-01-01"})
    )  # fmt: skip
    assert len(found) == 1 and "lines 2 and 4" in found[0] and found[0].startswith("line 4: ")
    seeking = {"kind": "seeking", "valid_from": "2025-01-01", "valid_to": "2025-03-01"}
    assert len(problems(line(**seeking), line(kind="unknown", valid_from="2025-02-28"))) == 1
    after = line(kind="unknown", valid_from="2025-03-01")
    assert len(read_facts("\n".join([HEADER, line(**seeking), after]).encode())[0].spells) == 2


def test_the_columns_of_a_person_are_the_same_in_all_their_lines() -> None:
    found = problems(line(**JOB), line(cohort="6", kind="study", valid_from="2025-01-01"))
    assert found == [
        'line 3: person "p" has cohort "6" here and "5" in line 2: write the same in both, '
        "or give another enrolment a key of its own."
    ]


@pytest.mark.parametrize(
    "number",
    ["010203-3456789", "010203 - 3456789", "010203–3456789", "010203-3******", "0102033456789"],
)
def test_what_looks_like_a_resident_number_is_refused_and_not_repeated(number: str) -> None:
    found = problems(line(person=f"kim {number}"), line(person="b", **JOB, base_pay=number))
    assert len(found) == 2
    assert all("resident registration number" in each for each in found)
    assert not any("3456789" in each or "010203" in each for each in found)


def test_a_large_amount_is_no_resident_number() -> None:
    text = "\n".join([HEADER, line(**JOB, sales="9913320000000")])
    assert read_facts(text.encode())[0].spells[0].sales == 9_913_320_000_000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: the file is empty: write the header person,cohort,"),
        (b"\n\n", "line 1: the file is empty"),
        (HEADER.encode() + "\n홍길동".encode("euc-kr"), "line 2: the file is not UTF-8"),
        (HEADER.encode() + b'\n"p', "line 2: the line is not CSV"),
        (HEADER.encode() + b"\np\x00,5", "line 2: "),
        (HEADER.encode() + b"\np,5", "line 2: there are 2 cells where the header has 24"),
        (HEADER.encode() + b",name", 'has the column "name", which is none of ours: delete it.'),
        (HEADER.encode() + b",kind", "the header has kind twice"),
        (HEADER.replace(",insured", "").encode(), "the header lacks insured"),
        (b"\x00\xff\xfe", "line 1: the file is not UTF-8"),
    ],
)
def test_a_file_that_is_no_facts_file_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(FactsFileError) as raised:
        read_facts(content)
    assert message in str(raised.value)


def test_an_unfinished_quote_names_the_line_where_it_begins() -> None:
    found = problems(line(person="a"), line(person='"two\nlines"'), 'b,"', "c", "d")
    assert found[-1].startswith("line 5: the line is not CSV")
