"""Cohorts of 330 made by the database itself from a fixed seed: every run finds the same people.

Of 330 about 300 complete; each has four live spells, some of them overlapping in different exclusive
groups, and one that was superseded. Rows lie in the order they were recorded in, as in an academy.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, text

COHORT = 330
VALID_ON = date(2026, 11, 1)

# Uniform whole numbers 0..999 by person and purpose.
CHANCE = """
CREATE FUNCTION pg_temp.chance(person bigint, purpose bigint) RETURNS int LANGUAGE sql IMMUTABLE
RETURN (hashint8extended(person, 20201127 + purpose) & 1048575) * 1000 / 1048576
"""
COHORTS = """
INSERT INTO cohort (id, number, starts_on, ends_on, seats, opened_at, closed_at)
SELECT :first + k, :first + k, began, began + 300, :size, began, began + 301
FROM generate_series(0, :cohorts - 1) k,
     LATERAL (SELECT date '2001-01-02' + (k * 8760.0 / :cohorts)::int AS began) dates
"""
PEOPLE = """
INSERT INTO user_account (id, username, email, name)
SELECT :first_person + i, 'g' || i, 'g' || i || '@graduates.example', 'Graduate'
FROM generate_series(0, :people - 1) i
"""
ENROLMENTS = """
INSERT INTO enrolment (id, cohort_id, user_id, student_number, enrolled_on, left_on, leaving, completed_on)
SELECT :first_person + i, cohort.id, :first_person + i, 'g' || i, starts_on,
       CASE WHEN leaves THEN starts_on + 20 + pg_temp.chance(i, 2) / 4 END,
       CASE WHEN leaves THEN (ARRAY['early-job', 'personal', 'study', 'died'])[1 + pg_temp.chance(i, 3) / 250] END,
       CASE WHEN NOT leaves THEN ends_on END
FROM generate_series(0, :people - 1) i
JOIN cohort ON cohort.id = :first + i / :size,
LATERAL (SELECT pg_temp.chance(i, 1) < 80 AS leaves) fate
ORDER BY i
"""
RECORDS = """
INSERT INTO enrolment_record (enrolment_id, cohort_id, user_id, enrolled_on, left_on, leaving,
                              completed_on, recorded_at, superseded_at)
SELECT id, cohort_id, user_id, enrolled_on, left_on, leaving, completed_on, coalesce(left_on, completed_on), NULL
FROM enrolment WHERE id >= :first_person
UNION ALL
SELECT id, cohort_id, user_id, enrolled_on, NULL, NULL, NULL, enrolled_on, coalesce(left_on, completed_on)
FROM enrolment WHERE id >= :first_person
ORDER BY 8, 1
"""
INTENTS = """
INSERT INTO intent_answer (enrolment_id, answer, recorded_at)
SELECT id, (ARRAY['in-field-job', 'in-field-job', 'in-field-job', 'in-field-job', 'in-field-job',
                  'in-field-job', 'in-field-job', 'same-employer', 'self-enrichment', 'further-study']
           )[1 + pg_temp.chance(id - :first_person, 4) / 100], enrolled_on + 2
FROM enrolment WHERE id >= :first_person
"""
# The spells 0..3 follow each other; 4 is what was believed of one of them at first. Founders and
# freelancers, who are odd, began while the spell before was going on.
SPELLS = """
INSERT INTO status_spell (user_id, kind, valid_from, valid_to, evidence_level, source, in_field, hours,
    contract, contract_months, insured, subsidised, region, registered, sales, income, base_pay,
    recorded_at, superseded_at)
SELECT user_id, kind, valid_from, valid_to, evidence, 'generated',
    CASE WHEN works THEN c3 < 700 END,
    CASE WHEN works THEN CASE WHEN c4 < 850 THEN 40 ELSE 12 END END,
    CASE WHEN kind = 'employee' THEN CASE WHEN c5 < 600 THEN 'permanent' ELSE 'fixed-term' END END,
    CASE WHEN kind = 'employee' AND c5 >= 600 THEN 3 + c5 % 20 END,
    CASE WHEN kind = 'employee' THEN evidence >= 4 OR c3 < 300 END,
    CASE WHEN kind = 'employee' THEN c4 % 5 = 0 END,
    CASE WHEN works THEN CASE WHEN c6 < 470 THEN '29' WHEN c6 < 950 THEN '11' ELSE '99' END END,
    CASE WHEN kind = 'founder' THEN true END,
    CASE WHEN kind = 'founder' THEN c3 * 40000 END,
    CASE WHEN kind = 'freelance' THEN c3 * 10000 END,
    CASE WHEN kind = 'employee' THEN 2000000 + c6 * 3000 END,
    recorded_at, superseded_at
FROM (
    SELECT :first_person + i AS user_id, n,
        ended + 10 + (slot * 150) + c1 % 60 - CASE WHEN slot % 2 = 1 AND c2 BETWEEN 500 AND 699 THEN 60 ELSE 0 END AS valid_from,
        CASE WHEN slot < 3 OR c2 < 200 THEN ended + 160 + slot * 150 + next1 % 60 END AS valid_to,
        CASE WHEN slot % 2 = 1
             THEN (ARRAY['employee', 'employee', 'employee', 'employee', 'employee', 'founder', 'freelance',
                         'seeking', 'unknown', 'military'])[1 + c2 / 100]
             ELSE (ARRAY['study', 'unable', 'inactive', 'seeking', 'employee', 'employee', 'employee',
                         'employee', 'employee', 'employee'])[1 + c2 / 100] END AS kind,
        c2 % 6 AS evidence, c3, c4, c5, c6,
        least(ended + 10 + slot * 150 + c1 % 60 + CASE WHEN n = 4 THEN 5 ELSE 35 END, now()) AS recorded_at,
        CASE WHEN n = 4 THEN least(ended + 10 + slot * 150 + c1 % 60 + 35, now()) END AS superseded_at
    FROM (
        SELECT enrolment.id - :first_person AS i, coalesce(left_on, completed_on) AS ended, n,
            CASE WHEN n = 4 THEN pg_temp.chance(enrolment.id - :first_person, 9) / 250 ELSE n END AS slot
        FROM enrolment, generate_series(0, 4) n WHERE enrolment.id >= :first_person
    ) planned,
    LATERAL (SELECT pg_temp.chance(i, 10 + slot) AS c1, pg_temp.chance(i, 20 + n) AS c2,
        pg_temp.chance(i, 30 + n) AS c3, pg_temp.chance(i, 40 + n) AS c4, pg_temp.chance(i, 50 + n) AS c5,
        pg_temp.chance(i, 60 + n) AS c6, pg_temp.chance(i, 11 + slot) AS next1) drawn
) spell,
LATERAL (SELECT kind IN ('employee', 'founder', 'freelance') AS works) work
ORDER BY recorded_at, user_id, n
"""


def generate(connection: Connection, *, cohorts: int) -> int:
    """Add that many cohorts without asking any trigger or constraint; the id and number of the first.

    The recorded times are the generator's, which is what an academy has no way to do.
    """
    first = 1 + (connection.scalar(text("SELECT max(greatest(id, number)) FROM cohort")) or 0)
    first_person = 1 + (connection.scalar(text("SELECT max(id) FROM user_account")) or 0)
    first_person = max(
        first_person, 1 + (connection.scalar(text("SELECT max(id) FROM enrolment")) or 0)
    )
    values = {
        "first": first, "cohorts": cohorts, "size": COHORT,
        "first_person": first_person, "people": cohorts * COHORT,
    }  # fmt: skip
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    for statement in (CHANCE, COHORTS, PEOPLE, ENROLMENTS, RECORDS, INTENTS, SPELLS):
        used = {name: value for name, value in values.items() if f":{name}" in statement}
        connection.execute(text(statement), used)
    connection.execute(text("SET LOCAL session_replication_role = origin"))
    return first
