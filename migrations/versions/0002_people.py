"""people: units, employees, employments and pay elements in both times, imports"""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = (
    "people_import_line",
    "people_import",
    "people_fact_change",
    "people_pay_element",
    "people_employment",
    "people_employee",
    "people_unit",
)


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE people_unit (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            parent_id bigint REFERENCES people_unit,
            name text NOT NULL,
            path text NOT NULL UNIQUE
        );
        CREATE INDEX people_unit_parent_id_idx ON people_unit (parent_id);

        CREATE TABLE people_employee (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            number text NOT NULL UNIQUE,
            name text NOT NULL,
            sort_name text NOT NULL,
            email text,
            recorded_at timestamptz NOT NULL
        );
        CREATE UNIQUE INDEX people_employee_email_key
            ON people_employee (lower(email)) WHERE email IS NOT NULL;
        CREATE INDEX people_employee_sort_name_idx ON people_employee (sort_name, id);

        CREATE TABLE people_employment (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            employee_id bigint NOT NULL REFERENCES people_employee,
            valid_from date NOT NULL,
            recorded_at timestamptz NOT NULL,
            superseded_at timestamptz,
            hired_on date NOT NULL,
            leaves_on date,
            unit_id bigint NOT NULL REFERENCES people_unit,
            manager_id bigint REFERENCES people_employee,
            scheme text NOT NULL,
            full_time_salary_minor bigint NOT NULL,
            part_time_factor numeric(7,6) NOT NULL,
            weekly_hours numeric(6,3),
            scale text,
            allowances jsonb NOT NULL DEFAULT '{}',
            birth_date date,
            gender text,
            sick_from date,
            unpaid_from date,
            unpaid_until date,
            CONSTRAINT people_employment_starts_when_hired CHECK (valid_from >= hired_on),
            CONSTRAINT people_employment_leaves_after_hired CHECK (leaves_on >= hired_on),
            CONSTRAINT people_employment_salary_not_negative CHECK (full_time_salary_minor >= 0),
            CONSTRAINT people_employment_factor_in_range
                CHECK (part_time_factor > 0 AND part_time_factor <= 1.5),
            CONSTRAINT people_employment_hours_positive CHECK (weekly_hours > 0),
            CONSTRAINT people_employment_not_own_manager CHECK (manager_id <> employee_id),
            CONSTRAINT people_employment_gender_known
                CHECK (gender IN ('female', 'male', 'other')),
            CONSTRAINT people_employment_unpaid_ordered CHECK (
                unpaid_until IS NULL
                OR (unpaid_from IS NOT NULL AND unpaid_until >= unpaid_from)
            )
        );
        CREATE UNIQUE INDEX people_employment_in_force
            ON people_employment (employee_id, valid_from) WHERE superseded_at IS NULL;
        CREATE INDEX people_employment_history
            ON people_employment (employee_id, valid_from, recorded_at);
        CREATE INDEX people_employment_manager
            ON people_employment (manager_id) WHERE superseded_at IS NULL;
        CREATE INDEX people_employment_unit
            ON people_employment (unit_id) WHERE superseded_at IS NULL;

        CREATE TABLE people_pay_element (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            employee_id bigint NOT NULL REFERENCES people_employee,
            month integer NOT NULL,
            code text NOT NULL,
            amount_minor bigint NOT NULL,
            recorded_at timestamptz NOT NULL,
            superseded_at timestamptz
        );
        CREATE UNIQUE INDEX people_pay_element_in_force
            ON people_pay_element (employee_id, month, code) WHERE superseded_at IS NULL;
        CREATE INDEX people_pay_element_history
            ON people_pay_element (employee_id, month, recorded_at);

        CREATE TABLE people_fact_change (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            employee_id bigint NOT NULL REFERENCES people_employee,
            first_month integer NOT NULL,
            recorded_at timestamptz NOT NULL
        );
        CREATE INDEX people_fact_change_employee_id_idx ON people_fact_change (employee_id);

        CREATE TABLE people_import (
            id uuid PRIMARY KEY,
            kind text NOT NULL,
            file_name text NOT NULL,
            dry_run boolean NOT NULL,
            only_good_rows boolean NOT NULL,
            state text NOT NULL,
            content bytea,
            report jsonb,
            message text,
            actor text NOT NULL,
            actor_user_id bigint,
            created_at timestamptz NOT NULL,
            finished_at timestamptz,
            CONSTRAINT people_import_kind_known CHECK (kind IN ('people', 'pay')),
            CONSTRAINT people_import_state_known
                CHECK (state IN ('waiting', 'checked', 'applied', 'refused', 'failed')),
            CONSTRAINT people_import_content_dropped
                CHECK ((state = 'waiting') = (content IS NOT NULL))
        );
        CREATE INDEX people_import_created_at_id_idx ON people_import (created_at, id);

        CREATE TABLE people_import_line (
            import_id uuid NOT NULL REFERENCES people_import,
            position integer NOT NULL,
            row integer NOT NULL,
            number text,
            outcome text NOT NULL,
            field text,
            value text,
            message text,
            PRIMARY KEY (import_id, position)
        );

        -- A fact is never changed or taken away: what is corrected stays, marked as superseded.
        CREATE FUNCTION people_refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' THEN
                IF OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL
                    AND to_jsonb(OLD) - 'superseded_at' = to_jsonb(NEW) - 'superseded_at'
                THEN
                    RETURN NEW;
                END IF;
                RAISE EXCEPTION 'a row of % is only ever superseded, once', TG_TABLE_NAME
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RAISE EXCEPTION 'rows of % are never deleted', TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END $$;
        CREATE TRIGGER people_employment_only_superseded
            BEFORE UPDATE OR DELETE ON people_employment
            FOR EACH ROW EXECUTE FUNCTION people_refuse_rewriting();
        CREATE TRIGGER people_pay_element_only_superseded
            BEFORE UPDATE OR DELETE ON people_pay_element
            FOR EACH ROW EXECUTE FUNCTION people_refuse_rewriting();
        CREATE TRIGGER people_fact_change_only_added
            BEFORE UPDATE OR DELETE ON people_fact_change
            FOR EACH ROW EXECUTE FUNCTION refuse_change();
        CREATE TRIGGER people_employee_never_deleted
            BEFORE DELETE ON people_employee
            FOR EACH ROW EXECUTE FUNCTION people_refuse_rewriting();
        CREATE TRIGGER people_employee_not_truncated BEFORE TRUNCATE ON people_employee
            FOR EACH STATEMENT EXECUTE FUNCTION people_refuse_rewriting();
        CREATE TRIGGER people_employment_not_truncated BEFORE TRUNCATE ON people_employment
            FOR EACH STATEMENT EXECUTE FUNCTION people_refuse_rewriting();
        CREATE TRIGGER people_pay_element_not_truncated BEFORE TRUNCATE ON people_pay_element
            FOR EACH STATEMENT EXECUTE FUNCTION people_refuse_rewriting();
        CREATE TRIGGER people_fact_change_not_truncated BEFORE TRUNCATE ON people_fact_change
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
        """
    )


def downgrade() -> None:
    op.execute(f"DROP TABLE {', '.join(TABLES)}; DROP FUNCTION people_refuse_rewriting()")
