"""delegations and mandates; owners of units, working weeks, what changed of employments"""

from alembic import op

revision = "0016"
down_revision = "0015"

PEOPLE = """
ALTER TABLE people_unit
    ADD COLUMN owner_id bigint CONSTRAINT people_unit_owner_id_fkey REFERENCES people_employee,
    ADD COLUMN owner_version integer NOT NULL DEFAULT 1;
CREATE INDEX people_unit_owner_id_idx ON people_unit (owner_id);

CREATE TABLE people_owner_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    unit_id bigint NOT NULL REFERENCES people_unit,
    from_id bigint REFERENCES people_employee,
    to_id bigint REFERENCES people_employee,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL,
    changed_by_user_id bigint
);
CREATE INDEX people_owner_change_unit_id_idx ON people_owner_change (unit_id);
CREATE INDEX people_owner_change_changed_at_idx ON people_owner_change (changed_at);
CREATE TRIGGER people_owner_change_only_added BEFORE UPDATE OR DELETE ON people_owner_change
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE people_work_week (
    employee_id bigint PRIMARY KEY REFERENCES people_employee,
    days smallint NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL,
    CONSTRAINT people_work_week_some_day CHECK (days BETWEEN 1 AND 127)
);

CREATE INDEX people_employment_recorded_at_idx ON people_employment (recorded_at);
CREATE INDEX people_employment_begins ON people_employment (valid_from)
    WHERE superseded_at IS NULL;
CREATE INDEX people_employment_ends ON people_employment (leaves_on)
    WHERE superseded_at IS NULL AND leaves_on IS NOT NULL;
"""

APPROVALS = """
CREATE TABLE approvals_delegation (
    id uuid PRIMARY KEY,
    from_id bigint NOT NULL REFERENCES people_employee,
    to_id bigint NOT NULL REFERENCES people_employee,
    kinds text[],
    from_on date NOT NULL,
    until_on date NOT NULL,
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    made_by_user_id bigint,
    made_by_employee_id bigint REFERENCES people_employee,
    ended_at timestamptz,
    ended_by text,
    ended_by_user_id bigint,
    ended_by_employee_id bigint REFERENCES people_employee,
    CONSTRAINT approvals_delegation_not_to_oneself CHECK (from_id <> to_id),
    CONSTRAINT approvals_delegation_not_made_by_who_stands_in
        CHECK (made_by_employee_id <> to_id),
    CONSTRAINT approvals_delegation_period_ordered CHECK (until_on >= from_on),
    CONSTRAINT approvals_delegation_kinds_known CHECK (
        kinds IS NULL OR (cardinality(kinds) > 0 AND kinds <@
            ARRAY['order', 'evidence', 'todo', 'check', 'contest'])
    ),
    CONSTRAINT approvals_delegation_ended_whole CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE INDEX approvals_delegation_of_deputy ON approvals_delegation (to_id, until_on)
    WHERE ended_at IS NULL;
CREATE INDEX approvals_delegation_of_principal ON approvals_delegation (from_id, until_on)
    WHERE ended_at IS NULL;
CREATE INDEX approvals_delegation_from_id_made_at_idx ON approvals_delegation (from_id, made_at);
CREATE INDEX approvals_delegation_to_id_made_at_idx ON approvals_delegation (to_id, made_at);
CREATE INDEX approvals_delegation_made_at_id_idx ON approvals_delegation (made_at, id);

-- Who stood in for whom, and when, is history: a delegation can only be ended, once.
CREATE FUNCTION approvals_delegation_only_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.ended_at IS NULL
        AND to_jsonb(OLD) - '{ended_at,ended_by,ended_by_user_id,ended_by_employee_id}'::text[]
          = to_jsonb(NEW) - '{ended_at,ended_by,ended_by_user_id,ended_by_employee_id}'::text[]
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a delegation can only be ended'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER approvals_delegation_only_ended BEFORE UPDATE OR DELETE ON approvals_delegation
    FOR EACH ROW EXECUTE FUNCTION approvals_delegation_only_ended();

CREATE TABLE approvals_mandate (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    unit_id bigint NOT NULL REFERENCES people_unit,
    year smallint NOT NULL,
    amount_minor bigint NOT NULL,
    holder_id bigint NOT NULL REFERENCES people_employee,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL,
    changed_by_user_id bigint,
    superseded_at timestamptz,
    superseded_by text,
    CONSTRAINT approvals_mandate_positive CHECK (amount_minor > 0),
    CONSTRAINT approvals_mandate_year_meant CHECK (year BETWEEN 2000 AND 2200)
);
CREATE UNIQUE INDEX approvals_mandate_in_force ON approvals_mandate (unit_id, year)
    WHERE superseded_at IS NULL;
CREATE INDEX approvals_mandate_superseded ON approvals_mandate (superseded_at)
    WHERE superseded_at IS NOT NULL;
CREATE INDEX approvals_mandate_holder_id_idx ON approvals_mandate (holder_id);
CREATE INDEX approvals_step_on_mandate ON approvals_step (mandate_unit_id, decided_at)
    WHERE mandate_unit_id IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(PEOPLE + APPROVALS)


def downgrade() -> None:
    op.execute(
        """
        DROP INDEX approvals_step_on_mandate;
        DROP TABLE approvals_mandate, approvals_delegation;
        DROP FUNCTION approvals_delegation_only_ended;
        DROP INDEX people_employment_recorded_at_idx, people_employment_begins,
            people_employment_ends;
        DROP TABLE people_work_week, people_owner_change;
        ALTER TABLE people_unit DROP COLUMN owner_id, DROP COLUMN owner_version;
        """
    )
