"""payroll: batches with their lines, codes, refusals and bonuses"""

from alembic import op

revision = "0014"
down_revision = "0013"

BATCHES = """
CREATE TABLE payroll_batch (
    month integer NOT NULL,
    line_count integer NOT NULL,
    seal text NOT NULL,
    digest text NOT NULL,
    actor text NOT NULL,
    actor_user_id bigint,
    made_at timestamptz NOT NULL,
    CONSTRAINT payroll_batch_pkey PRIMARY KEY (month),
    CONSTRAINT payroll_batch_month_fkey FOREIGN KEY (month) REFERENCES ledger_month (month)
);

CREATE TABLE payroll_item (
    month integer NOT NULL,
    kind text NOT NULL,
    item text NOT NULL,
    tax text NOT NULL,
    unit text NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    mapped boolean NOT NULL,
    people integer NOT NULL,
    count integer NOT NULL,
    minor bigint NOT NULL,
    reversed_minor bigint NOT NULL,
    earlier_minor bigint NOT NULL,
    CONSTRAINT payroll_item_pkey PRIMARY KEY (month, kind, item, tax),
    CONSTRAINT payroll_item_kind_known CHECK (
        kind IN ('pay', 'deduction', 'purchase', 'hours', 'addition', 'bonus')
    ),
    CONSTRAINT payroll_item_tax_known CHECK (
        tax IN ('taxed', 'exempt', 'free_space', 'addition', 'none')
    ),
    CONSTRAINT payroll_item_unit_of_kind CHECK (
        unit = CASE kind WHEN 'hours' THEN 'MIN' ELSE 'EUR' END
    )
);

-- No foreign key to the employee: the line is made from accounts, which have one, and a check for
-- each of some hundred thousand rows took longer than making them.
CREATE TABLE payroll_line (
    month integer NOT NULL,
    line integer NOT NULL,
    employee_id bigint NOT NULL,
    code text NOT NULL,
    unit text NOT NULL,
    tax text NOT NULL,
    minor bigint NOT NULL,
    CONSTRAINT payroll_line_pkey PRIMARY KEY (month, line),
    CONSTRAINT payroll_line_month_employee_id_code_unit_tax_key
        UNIQUE (month, employee_id, code, unit, tax)
);
"""

# What is exported is the same for ever.
ONLY_ADDED = "".join(
    f"""
CREATE TRIGGER {table}_only_added BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER {table}_not_truncated BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
    for table in ("payroll_batch", "payroll_item", "payroll_line")
)

KEPT = """
CREATE TABLE payroll_code (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    item text NOT NULL,
    first_month integer NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    actor text NOT NULL,
    recorded_at timestamptz NOT NULL,
    superseded_at timestamptz,
    CONSTRAINT payroll_code_kind_known CHECK (
        kind IN ('pay', 'deduction', 'purchase', 'hours', 'addition', 'bonus')
    )
);
CREATE UNIQUE INDEX payroll_code_in_force ON payroll_code (kind, item, first_month)
    WHERE superseded_at IS NULL;

CREATE TABLE payroll_refusal (
    id uuid NOT NULL,
    month integer NOT NULL,
    line integer NOT NULL,
    reason text NOT NULL,
    state text NOT NULL,
    file_name text NOT NULL,
    reported_by text NOT NULL,
    reported_at timestamptz NOT NULL,
    decided_by text,
    decided_at timestamptz,
    note text,
    CONSTRAINT payroll_refusal_pkey PRIMARY KEY (id),
    CONSTRAINT payroll_refusal_month_line_fkey
        FOREIGN KEY (month, line) REFERENCES payroll_line (month, line),
    CONSTRAINT payroll_refusal_month_line_reason_key UNIQUE (month, line, reason),
    CONSTRAINT payroll_refusal_state_known CHECK (state IN ('open', 'reversed', 'kept')),
    CONSTRAINT payroll_refusal_decided_at_known CHECK ((state = 'open') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX payroll_refusal_one_open ON payroll_refusal (month, line)
    WHERE state = 'open';

CREATE TABLE payroll_bonus (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    employee_id bigint NOT NULL,
    month integer NOT NULL,
    amount_minor bigint NOT NULL,
    actor text NOT NULL,
    recorded_at timestamptz NOT NULL,
    superseded_at timestamptz,
    CONSTRAINT payroll_bonus_employee_id_fkey
        FOREIGN KEY (employee_id) REFERENCES people_employee (id),
    CONSTRAINT payroll_bonus_not_negative CHECK (amount_minor >= 0)
);
CREATE UNIQUE INDEX payroll_bonus_in_force ON payroll_bonus (employee_id, month)
    WHERE superseded_at IS NULL;
CREATE INDEX payroll_bonus_month ON payroll_bonus (month) WHERE superseded_at IS NULL;
"""


def upgrade() -> None:
    op.execute(BATCHES + ONLY_ADDED + KEPT)


def downgrade() -> None:
    op.execute(
        "DROP TABLE payroll_refusal, payroll_bonus, payroll_code, payroll_line, payroll_item,"
        " payroll_batch"
    )
