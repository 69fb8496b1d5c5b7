"""The SQL of an import, as texts; `commands` runs them in the order they stand here.

A file of its own because it is long and another language. Its words:

- `people_stage`: one row per row of the file, its values, and the faults it shows by itself;
- `people_next`: the rows without such faults, completed with what the file does not say, each
  beside the row in force on its day (`prior_...`), and what would change;
- `people_last`: of each person the row that says name, address and manager as they are now;
- `people_fault`: every fault found, by row.

A column that the file does not have says nothing: the value stays as it was. A column that is
there and empty says that there is no such value. Contract hours stay only while the factor does.
Texts are put together from the names in this file alone; values are bound.
"""

# ruff: noqa: S608 - see the last sentence above

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ideals.people import rules
from ideals.people.states import Kind

# Reading into the stage

PEOPLE_STAGE = """
    DROP TABLE IF EXISTS people_stage, people_next, people_fault, people_last;
    CREATE TEMPORARY TABLE people_stage (
        row integer, faults jsonb, number text, name text, sort_name text, email text,
        hired_on date, unit text, scheme text, valid_from date, full_time_salary bigint,
        part_time_factor numeric(7,6), weekly_hours numeric(6,3), scale text, allowances jsonb,
        birth_date date, gender text, leaves_on date, manager_number text, sick_from date,
        unpaid_from date, unpaid_until date
    ) ON COMMIT DROP
"""
PEOPLE_COLUMNS = (*rules.REQUIRED[1:], *rules.OPTIONAL)
PEOPLE_COPY = f"""
    COPY people_stage (row, faults, number, sort_name, allowances, {", ".join(PEOPLE_COLUMNS)})
    FROM STDIN
"""
PAY_STAGE = """
    DROP TABLE IF EXISTS people_stage, people_next, people_fault;
    CREATE TEMPORARY TABLE people_stage (
        row integer, faults jsonb, number text, month integer, code text, amount bigint
    ) ON COMMIT DROP
"""
PAY_COPY = "COPY people_stage (row, faults, number, month, code, amount) FROM STDIN"
LEAVE_STAGE = """
    DROP TABLE IF EXISTS people_stage, people_next, people_fault;
    CREATE TEMPORARY TABLE people_stage (
        row integer, faults jsonb, number text, day date, minutes integer, kind text,
        external_id text
    ) ON COMMIT DROP
"""
LEAVE_COPY = """
    COPY people_stage (row, faults, number, day, minutes, kind, external_id) FROM STDIN
"""
STAGED = """
    CREATE INDEX ON people_stage (number);
    CREATE INDEX ON people_stage (row);
    ANALYZE people_stage;
    CREATE TEMPORARY TABLE people_fault (row integer, field text, value text, message text)
        ON COMMIT DROP;
    INSERT INTO people_fault
    SELECT s.row, f.field, f.value, f.message
    FROM people_stage s,
        jsonb_to_recordset(s.faults) AS f (field text, value text, message text)
    WHERE s.faults IS NOT NULL
"""


# People: completed, compared

STATE = (
    "hired_on",
    "leaves_on",
    "unit",
    "manager_number",
    "scheme",
    "full_time_salary",
    "part_time_factor",
    "weekly_hours",
    "scale",
    "allowances",
    "birth_date",
    "gender",
    "sick_from",
    "unpaid_from",
    "unpaid_until",
)
"""What an employment row says, as the file names it."""
OF_THE_PERSON = ("birth_date", "gender")
"""These outlive an employment; the others are not carried into a new one (another hired_on)."""
MOVES_MONEY = (
    "hired_on",
    "unit",
    "scheme",
    "full_time_salary",
    "part_time_factor",
    "weekly_hours",
    "scale",
    "allowances",
    "birth_date",
)
"""A change of these may move money from the row's first day on."""
MOVES_MONEY_FROM_ITS_DAY = ("leaves_on", "sick_from", "unpaid_from", "unpaid_until")
"""A change of these may from the earlier of the two days, the old and the new."""


def people_next(header: Collection[str]) -> str:
    """Binds `codes`: the allowances that the file has a column for."""
    completed = ", ".join(f"{_completed(column, header)} AS {column}" for column in STATE)
    priors = ", ".join(f"p.{column} AS prior_{column}" for column in STATE)
    changed = ", ".join(
        f"CASE WHEN {column} IS DISTINCT FROM prior_{column} THEN '{column}' END"
        for column in STATE
    )
    email = "s.email" if "email" in header else "e.email"
    return f"""
        CREATE TEMPORARY TABLE people_next ON COMMIT DROP AS
        WITH completed AS (
            SELECT s.row, s.number, s.name, s.sort_name, {email} AS email, s.valid_from,
                e.id AS employee_id, p.id AS prior_id,
                coalesce(p.valid_from = s.valid_from, false) AS is_known,
                (SELECT max(m.valid_from) FROM people_employment m
                 WHERE m.employee_id = e.id AND m.superseded_at IS NULL) AS latest_known,
                {completed}, {priors}
            FROM people_stage s
            LEFT JOIN people_employee e ON e.number = s.number
            LEFT JOIN LATERAL ({PRIOR}) p ON true
            WHERE s.faults IS NULL
        )
        SELECT *, array_remove(ARRAY[{changed}], NULL) AS changed,
            {_first_day()} AS first_day,
            NULL::integer AS repeats, false AS wrong
        FROM completed
    """


INDEXED = """
    CREATE INDEX ON people_next (number);
    CREATE INDEX ON people_next (row);
    ANALYZE people_next
"""


PRIOR = """
    SELECT m.*, m.full_time_salary_minor AS full_time_salary, u.path AS unit,
        mm.number AS manager_number
    FROM people_employment m
    JOIN people_unit u ON u.id = m.unit_id
    LEFT JOIN people_employee mm ON mm.id = m.manager_id
    WHERE m.employee_id = e.id AND m.superseded_at IS NULL AND m.valid_from <= s.valid_from
    ORDER BY m.valid_from DESC
    LIMIT 1
"""
SAME_EMPLOYMENT = "(p.valid_from = s.valid_from OR p.hired_on = s.hired_on)"


def _completed(column: str, header: Collection[str]) -> str:
    """SQL of a column's value: as the file says, or as it was where the file has no such column."""
    if column == "allowances":
        kept = f"CASE WHEN {SAME_EMPLOYMENT} THEN p.allowances - CAST(:codes AS text[]) END"
        return f"coalesce({kept}, '{{}}') || s.allowances"
    if column in header:
        return f"s.{column}"
    if column == "unpaid_until" and "unpaid_from" in header:
        return "NULL::date"
    if column in OF_THE_PERSON:
        return f"p.{column}"
    if column == "weekly_hours":
        same = f"{SAME_EMPLOYMENT} AND p.part_time_factor = s.part_time_factor"
        return f"CASE WHEN {same} THEN p.weekly_hours END"
    return f"CASE WHEN {SAME_EMPLOYMENT} THEN p.{column} END"


def _first_day() -> str:
    """SQL of the first day on which money may move, NULL when it does not."""
    at_once = " OR ".join(f"{c} IS DISTINCT FROM prior_{c}" for c in MOVES_MONEY)
    later = ", ".join(
        f"CASE WHEN {c} IS DISTINCT FROM prior_{c}"
        f" THEN greatest(valid_from, least({c}, prior_{c})) END"
        for c in MOVES_MONEY_FROM_ITS_DAY
    )
    return f"least(CASE WHEN {at_once} THEN valid_from END, {later})"


# People: what only shows across rows

COLUMNS_OF_NEXT = ", ".join(("name", "email", *STATE))
REPEATED = f"""
    WITH repeated AS (
        SELECT number, valid_from, array_agg(row ORDER BY row) AS rows,
            count(DISTINCT ROW({COLUMNS_OF_NEXT})::text) AS versions
        FROM people_next GROUP BY number, valid_from HAVING count(*) > 1
    ), faulty AS (
        INSERT INTO people_fault
        SELECT n.row, 'valid_from', n.valid_from::text,
            'Rows ' || array_to_string(r.rows[1:5], ', ') || ' say different things about number '
            || n.number || ' from this day; keep one of them'
        FROM repeated r JOIN people_next n USING (number, valid_from) WHERE r.versions > 1
    )
    UPDATE people_next n SET repeats = r.rows[1]
    FROM repeated r
    WHERE n.number = r.number AND n.valid_from = r.valid_from
        AND r.versions = 1 AND n.row <> r.rows[1]
"""
GOES_ON = """
    INSERT INTO people_fault
    SELECT n.row, 'leaves_on', n.leaves_on::text,
        'A row of this employment from ' || m.valid_from || ' is known that goes on after this '
        'day; send that row too, with its leaves_on'
    FROM people_next n
    JOIN people_employment m ON m.employee_id = n.employee_id AND m.superseded_at IS NULL
    WHERE m.valid_from > n.leaves_on AND m.valid_from > n.valid_from
        AND m.hired_on = n.hired_on AND (m.leaves_on IS NULL OR m.leaves_on > n.leaves_on)
        AND NOT EXISTS (
            SELECT FROM people_next o WHERE o.number = n.number AND o.valid_from = m.valid_from
        )
"""
ORDER_AFTER_COMPLETING = """
    INSERT INTO people_fault
    SELECT row, 'leaves_on', leaves_on::text,
        'leaves_on, known from before, is before hired_on; give leaves_on in the file'
    FROM people_next WHERE leaves_on < hired_on
"""
MANAGER_UNKNOWN = """
    INSERT INTO people_fault
    SELECT n.row, 'manager_number', n.manager_number,
        CASE WHEN s.row IS NULL
            THEN 'There is no employee ' || n.manager_number || ', known or in this file; '
                'add a row for the manager or correct the number'
            ELSE 'The manager''s own row ' || s.row || ' is wrong; correct that one first' END
    FROM people_next n
    LEFT JOIN LATERAL (
        SELECT min(row) AS row FROM people_stage WHERE number = n.manager_number
    ) s ON true
    WHERE NOT n.wrong AND n.manager_number IS NOT NULL
        AND NOT EXISTS (SELECT FROM people_employee e WHERE e.number = n.manager_number)
        AND NOT EXISTS (
            SELECT FROM people_next o WHERE o.number = n.manager_number AND NOT o.wrong
        )
"""
LAST = """
    DROP TABLE IF EXISTS people_last;
    CREATE TEMPORARY TABLE people_last ON COMMIT DROP AS
    SELECT DISTINCT ON (n.number) n.row, n.number, n.employee_id, n.name, n.sort_name, n.email,
        n.manager_number, e.name AS old_name, e.email AS old_email
    FROM people_next n LEFT JOIN people_employee e ON e.id = n.employee_id
    WHERE NOT n.wrong AND n.repeats IS NULL
        AND (n.latest_known IS NULL OR n.valid_from >= n.latest_known)
    ORDER BY n.number, n.valid_from DESC;
    CREATE INDEX ON people_last (row);
    CREATE INDEX ON people_last (number);
    CREATE INDEX ON people_last (lower(email));
    ANALYZE people_last
"""
"""The row that says what a person is called and who is the manager now: the latest known."""
EMAIL_TAKEN = """
    INSERT INTO people_fault
    SELECT l.row, 'email', l.email,
        'This e-mail address belongs to number ' || other.number || ' as well; '
        'each person needs their own'
    FROM people_last l
    JOIN LATERAL (
        SELECT o.number FROM people_last o
        WHERE lower(o.email) = lower(l.email) AND o.number <> l.number
        UNION ALL
        SELECT e.number FROM people_employee e
        WHERE lower(e.email) = lower(l.email) AND e.email IS NOT NULL AND e.number <> l.number
            AND NOT EXISTS (SELECT FROM people_last o WHERE o.number = e.number)
        ORDER BY number LIMIT 1
    ) other ON true
    WHERE l.email IS NOT NULL
"""
MARK_WRONG = """
    UPDATE people_next n SET wrong = true
    WHERE NOT wrong AND EXISTS (SELECT FROM people_fault f WHERE f.row = n.row)
"""
REPORTING_LINES = """
    DROP TABLE IF EXISTS people_edge;
    CREATE TEMPORARY TABLE people_edge ON COMMIT DROP AS
    WITH RECURSIVE line AS (
        SELECT number, manager_number FROM people_last WHERE manager_number IS NOT NULL
        UNION
        SELECT e.number, mm.number
        FROM line
        JOIN people_employee e ON e.number = line.manager_number
        JOIN LATERAL (
            SELECT m.manager_id FROM people_employment m
            WHERE m.employee_id = e.id AND m.superseded_at IS NULL
            ORDER BY m.valid_from DESC LIMIT 1
        ) m ON true
        JOIN people_employee mm ON mm.id = m.manager_id
        WHERE NOT EXISTS (SELECT FROM people_last l WHERE l.number = e.number)
    )
    SELECT * FROM line;
    CREATE INDEX ON people_edge (manager_number);
    CREATE INDEX ON people_edge (number);
    ANALYZE people_edge
"""
"""Who reports to whom, of those in the file and everybody above them."""
WITHOUT_TOP = """
    WITH RECURSIVE reached AS (
        SELECT number FROM people_edge t
        WHERE NOT EXISTS (SELECT FROM people_edge o WHERE o.number = t.manager_number)
        UNION ALL
        SELECT b.number FROM reached JOIN people_edge b ON b.manager_number = reached.number
    )
    SELECT number, manager_number FROM people_edge
    WHERE number NOT IN (SELECT number FROM reached)
"""
"""Those who are in a circle or below one: nobody else, in a tree."""
CIRCLE_FAULT = """
    INSERT INTO people_fault
    SELECT row, 'manager_number', manager_number, :message
    FROM people_last WHERE number = ANY(CAST(:numbers AS text[]))
"""


# People: taken in

NEW_PATHS = """
    DROP TABLE IF EXISTS people_path;
    CREATE TEMPORARY TABLE people_path ON COMMIT DROP AS
    SELECT DISTINCT array_to_string(parts[1:depth], '/') AS path, parts[depth] AS name, depth,
        array_to_string(parts[1:depth - 1], '/') AS parent
    FROM (
        SELECT string_to_array(unit, '/') AS parts
        FROM (SELECT DISTINCT unit FROM people_next WHERE NOT wrong) units
    ) AS split, generate_series(1, cardinality(parts)) AS depth;
    DELETE FROM people_path p USING people_unit u WHERE u.path = p.path
"""
ADD_UNITS = """
    INSERT INTO people_unit (parent_id, name, path)
    SELECT u.id, p.name, p.path
    FROM people_path p LEFT JOIN people_unit u ON u.path = p.parent
    WHERE p.depth = :depth ORDER BY p.path
"""
FREE_EMAILS = """
    UPDATE people_employee e SET email = NULL
    FROM people_last l
    WHERE l.employee_id = e.id AND e.email IS NOT NULL AND l.email IS DISTINCT FROM e.email
"""
"""First, because two people may exchange addresses in one file."""
ADD_EMPLOYEES = """
    INSERT INTO people_employee (number, name, sort_name, email, recorded_at)
    SELECT number, name, sort_name, email, :now
    FROM people_last WHERE employee_id IS NULL ORDER BY row
"""
UPDATE_EMPLOYEES = """
    UPDATE people_employee e SET name = l.name, sort_name = l.sort_name, email = l.email
    FROM people_last l
    WHERE l.employee_id = e.id
        AND (l.name, l.email) IS DISTINCT FROM (e.name, e.email)
"""
TAKEN = "NOT n.wrong AND n.repeats IS NULL AND NOT (n.is_known AND n.changed = '{}')"
SUPERSEDE = f"""
    UPDATE people_employment m SET superseded_at = greatest(:now, m.recorded_at)
    FROM people_next n WHERE n.is_known AND m.id = n.prior_id AND {TAKEN}
"""
ADD_EMPLOYMENTS = f"""
    INSERT INTO people_employment (employee_id, valid_from, recorded_at, hired_on, leaves_on,
        unit_id, manager_id, scheme, full_time_salary_minor, part_time_factor, weekly_hours,
        scale, allowances, birth_date, gender, sick_from, unpaid_from, unpaid_until)
    SELECT e.id, n.valid_from, :now, n.hired_on, n.leaves_on, u.id, m.id, n.scheme,
        n.full_time_salary, n.part_time_factor, n.weekly_hours, n.scale, n.allowances,
        n.birth_date, n.gender, n.sick_from, n.unpaid_from, n.unpaid_until
    FROM people_next n
    JOIN people_employee e ON e.number = n.number
    JOIN people_unit u ON u.path = n.unit
    LEFT JOIN people_employee m ON m.number = n.manager_number
    WHERE {TAKEN}
    ORDER BY e.id, n.valid_from
"""
TOLD = (
    "unit", "manager_number", "scheme", "part_time_factor", "weekly_hours", "scale", "hired_on",
    "leaves_on",
)  # fmt: skip
"""What the audit tells of before and after. The others are pay, health, or nobody's business there:
that they changed is told, not from what into what."""
CHANGED_FACTS = f"""
    SELECT 'employee:' || n.number AS subject, jsonb_strip_nulls(jsonb_build_object(
        'file', %(file)s::text, 'valid_from', n.valid_from,
        'not_told', (SELECT jsonb_agg(c ORDER BY c) FROM unnest(n.changed) c
            WHERE c <> ALL (%(told)s)))) || jsonb_build_object(
        'before', (SELECT coalesce(jsonb_object_agg(key, value), '{{}}') FROM jsonb_each(
            jsonb_build_object({", ".join(f"'{c}', n.prior_{c}" for c in TOLD)}))
            WHERE key = ANY (n.changed)),
        'after', (SELECT coalesce(jsonb_object_agg(key, value), '{{}}') FROM jsonb_each(
            jsonb_build_object({", ".join(f"'{c}', n.{c}" for c in TOLD)}))
            WHERE key = ANY (n.changed))) AS details
    FROM people_next n WHERE {TAKEN} AND n.prior_id IS NOT NULL AND n.changed <> '{{}}'
    ORDER BY n.row
"""
FACT_CHANGES = f"""
    INSERT INTO people_fact_change (employee_id, first_month, recorded_at)
    SELECT e.id, extract(year FROM d.day)::integer * 100 + extract(month FROM d.day)::integer, :now
    FROM (
        SELECT n.number, min(n.first_day) AS day FROM people_next n
        WHERE {TAKEN} AND n.first_day IS NOT NULL GROUP BY n.number
    ) d JOIN people_employee e ON e.number = d.number
    ORDER BY e.id
"""


# Pay

PAY_NEXT = """
    CREATE TEMPORARY TABLE people_next ON COMMIT DROP AS
    SELECT s.row, s.number, s.month, s.code, s.amount, e.id AS employee_id, p.id AS prior_id,
        p.id IS NOT NULL AS is_known, NULL::integer AS repeats, false AS wrong,
        CASE WHEN s.amount IS DISTINCT FROM p.amount_minor THEN ARRAY['amount']
            ELSE '{}'::text[] END AS changed,
        s.amount IS DISTINCT FROM coalesce(p.amount_minor, 0) AS moves_money
    FROM people_stage s
    LEFT JOIN people_employee e ON e.number = s.number
    LEFT JOIN people_pay_element p ON p.employee_id = e.id AND p.month = s.month
        AND p.code = s.code AND p.superseded_at IS NULL
    WHERE s.faults IS NULL;
    CREATE INDEX ON people_next (row);
    ANALYZE people_next
"""
NUMBER_UNKNOWN = """
    INSERT INTO people_fault
    SELECT row, 'number', number,
        'There is no employee ' || number || '; import the people file first or correct the number'
    FROM people_next WHERE employee_id IS NULL
"""
PAY_REPEATED = """
    INSERT INTO people_fault
    SELECT n.row, 'code', n.code,
        'Rows ' || array_to_string(r.rows[1:5], ', ') || ' all give ' || n.code
        || ' of this month for number ' || n.number || '; give one row with the whole amount'
    FROM (
        SELECT number, month, code, array_agg(row ORDER BY row) AS rows
        FROM people_next GROUP BY number, month, code HAVING count(*) > 1
    ) r JOIN people_next n USING (number, month, code)
"""
PAY_SUPERSEDE = f"""
    UPDATE people_pay_element p SET superseded_at = greatest(:now, p.recorded_at)
    FROM people_next n WHERE n.prior_id = p.id AND {TAKEN}
"""
PAY_ADD = f"""
    INSERT INTO people_pay_element (employee_id, month, code, amount_minor, recorded_at)
    SELECT n.employee_id, n.month, n.code, n.amount, :now
    FROM people_next n WHERE {TAKEN} ORDER BY n.employee_id, n.month, n.code
"""
PAY_FACT_CHANGES = f"""
    INSERT INTO people_fact_change (employee_id, first_month, recorded_at)
    SELECT n.employee_id, min(n.month), :now
    FROM people_next n WHERE {TAKEN} AND n.moves_money
    GROUP BY n.employee_id ORDER BY n.employee_id
"""


# Leave

LEAVE_NEXT = """
    CREATE TEMPORARY TABLE people_next ON COMMIT DROP AS
    SELECT s.row, s.number, s.day, s.minutes, s.kind, s.external_id, e.id AS employee_id,
        p.id AS prior_id, k.number AS known_number, p.id IS NOT NULL AS is_known,
        NULL::integer AS repeats, false AS wrong,
        array_remove(ARRAY[CASE WHEN s.day IS DISTINCT FROM p.day THEN 'date' END,
            CASE WHEN s.minutes IS DISTINCT FROM p.minutes THEN 'minutes' END,
            CASE WHEN s.kind IS DISTINCT FROM p.kind THEN 'kind' END], NULL) AS changed
    FROM people_stage s
    LEFT JOIN people_employee e ON e.number = s.number
    LEFT JOIN people_leave p ON p.external_id = s.external_id AND p.superseded_at IS NULL
    LEFT JOIN people_employee k ON k.id = p.employee_id
    WHERE s.faults IS NULL;
    CREATE INDEX ON people_next (row);
    CREATE INDEX ON people_next (external_id);
    ANALYZE people_next
"""
ID_OF_ANOTHER = """
    INSERT INTO people_fault
    SELECT row, 'id', external_id,
        'This id is known as leave of number ' || known_number || '; an id stays with one person. '
        'Give it another id, and send that one with 0 minutes if it was a mistake'
    FROM people_next WHERE known_number <> number
"""
LEAVE_REPEATED = """
    WITH repeated AS (
        SELECT external_id, array_agg(row ORDER BY row) AS rows,
            count(DISTINCT ROW(number, day, minutes, kind)::text) AS versions
        FROM people_next GROUP BY external_id HAVING count(*) > 1
    ), faulty AS (
        INSERT INTO people_fault
        SELECT n.row, 'id', n.external_id,
            'Rows ' || array_to_string(r.rows[1:5], ', ') || ' have the same id and say different '
            'things; keep the one that is right'
        FROM repeated r JOIN people_next n USING (external_id) WHERE r.versions > 1
    )
    UPDATE people_next n SET repeats = r.rows[1]
    FROM repeated r
    WHERE n.external_id = r.external_id AND r.versions = 1 AND n.row <> r.rows[1]
"""
LEAVE_SUPERSEDE = f"""
    UPDATE people_leave p SET superseded_at = greatest(:now, p.recorded_at)
    FROM people_next n WHERE n.prior_id = p.id AND {TAKEN}
"""
LEAVE_ADD = f"""
    WITH added AS (
        INSERT INTO people_leave (employee_id, day, minutes, kind, external_id, recorded_at)
        SELECT n.employee_id, n.day, n.minutes, n.kind, n.external_id, :now
        FROM people_next n WHERE {TAKEN} ORDER BY n.employee_id, n.day, n.external_id
        RETURNING id
    )
    SELECT min(id), max(id) FROM added
"""
"""Nobody else adds leave meanwhile, so the ids between the two are of this file."""


# The report


OVERLAID = """
    (SELECT 'The hours agreed from ' || o.from_day || ' count (a part_time_factor of '
            || trim_scale(o.part_time_factor) || '), not those of this row ('
            || trim_scale(n.part_time_factor) || '), until the agreement ends'
       FROM people_hours_overlay o
      WHERE o.employee_id = n.employee_id AND o.superseded_at IS NULL
        AND o.from_day <= n.valid_from AND (o.through_day IS NULL OR o.through_day >= n.valid_from)
        AND o.part_time_factor <> n.part_time_factor
      ORDER BY o.from_day DESC, o.id DESC LIMIT 1)
"""
"""What a row says of hours that do not count, because others were agreed."""


@dataclass(frozen=True, slots=True)
class Source:
    """What differs between the kinds of file: reading into the stage; and for the report, as SQL
    over `people_next n`, the array of what changes for a row, what whoever sent it has to be told
    of it, and what else is counted."""

    kind: Kind
    stage: str
    copy: str
    changed: str = "n.changed"
    told: str = "NULL::text"
    new_employees: str = "SELECT 0"
    fact_changes: str = "SELECT 0"


PEOPLE = Source(
    Kind.PEOPLE,
    PEOPLE_STAGE,
    PEOPLE_COPY,
    changed="""
        n.changed || coalesce((
            SELECT array_remove(ARRAY[
                CASE WHEN l.name IS DISTINCT FROM l.old_name THEN 'name' END,
                CASE WHEN l.email IS DISTINCT FROM l.old_email THEN 'email' END], NULL)
            FROM people_last l WHERE l.row = n.row), '{}')
    """,
    told=OVERLAID,
    new_employees="SELECT count(*) FROM people_last WHERE employee_id IS NULL",
    fact_changes=f"""
        SELECT count(DISTINCT n.number) FROM people_next n
        WHERE {TAKEN} AND n.first_day IS NOT NULL
    """,
)
PAY = Source(
    Kind.PAY,
    PAY_STAGE,
    PAY_COPY,
    fact_changes=f"""
        SELECT count(DISTINCT n.employee_id) FROM people_next n WHERE {TAKEN} AND n.moves_money
    """,
)
LEAVE = Source(Kind.LEAVE, LEAVE_STAGE, LEAVE_COPY)


def outcomes(source: Source) -> str:
    return f"""
        SELECT row, number, repeats, changed, told,
            CASE WHEN wrong THEN 'wrong' WHEN repeats IS NOT NULL THEN 'unchanged'
                WHEN NOT is_known THEN 'new' WHEN changed <> '{{}}' THEN 'changed'
                ELSE 'unchanged' END AS outcome,
            employee_id IS NULL AS of_a_new_employee
        FROM (
            SELECT n.row, n.number, n.repeats, n.wrong, n.is_known, n.employee_id,
                {source.changed} AS changed, {source.told} AS told
            FROM people_next n
        ) compared
    """
