"""leave: rows of the leave system, leave that lapses, and what is noted on the way there"""

from alembic import op

revision = "0010"
down_revision = "0009"

REASONS = (
    "'allocation', 'opening', 'grant', 'set_off', 'order', 'instalment', 'leave_taken', "
    "'left_over', 'settlement', 'waived'"
)


def upgrade() -> None:
    op.execute(
        f"""
        CREATE TABLE people_leave (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            employee_id bigint NOT NULL REFERENCES people_employee,
            day date NOT NULL,
            minutes integer NOT NULL,
            kind text NOT NULL,
            external_id text NOT NULL,
            recorded_at timestamptz NOT NULL,
            superseded_at timestamptz,
            CONSTRAINT people_leave_kind_known CHECK (kind IN ('planned', 'taken')),
            CONSTRAINT people_leave_minutes_not_negative CHECK (minutes >= 0)
        );
        CREATE UNIQUE INDEX people_leave_in_force
            ON people_leave (external_id) WHERE superseded_at IS NULL;
        CREATE INDEX people_leave_days
            ON people_leave (employee_id, day) WHERE superseded_at IS NULL;
        CREATE TRIGGER people_leave_only_superseded
            BEFORE UPDATE OR DELETE ON people_leave
            FOR EACH ROW EXECUTE FUNCTION people_refuse_rewriting();
        CREATE TRIGGER people_leave_not_truncated BEFORE TRUNCATE ON people_leave
            FOR EACH STATEMENT EXECUTE FUNCTION people_refuse_rewriting();

        ALTER TABLE people_import
            DROP CONSTRAINT people_import_kind_known,
            ADD CONSTRAINT people_import_kind_known CHECK (kind IN ('people', 'pay', 'leave'));
        ALTER TABLE people_column_mapping
            DROP CONSTRAINT people_column_mapping_kind_known,
            ADD CONSTRAINT people_column_mapping_kind_known
                CHECK (kind IN ('people', 'pay', 'leave'));

        ALTER TABLE ledger_transfer
            DROP CONSTRAINT ledger_transfer_reason_known,
            ADD CONSTRAINT ledger_transfer_reason_known CHECK (reason IN ({REASONS}, 'lapsed'));

        CREATE TABLE budgets_leave_look (
            day date PRIMARY KEY,
            begun_at timestamptz NOT NULL
        );
        CREATE TABLE budgets_leave_reminder (
            employee_id bigint NOT NULL,
            expires_on date NOT NULL,
            months_before integer NOT NULL,
            minutes integer NOT NULL,
            reminded_on date NOT NULL,
            recorded_at timestamptz NOT NULL,
            CONSTRAINT budgets_leave_reminder_pkey
                PRIMARY KEY (employee_id, expires_on, months_before),
            CONSTRAINT budgets_leave_reminder_employee_id_fkey
                FOREIGN KEY (employee_id) REFERENCES people_employee (id)
        );
        -- Whether somebody was reminded decides about a right: nobody changes it afterwards.
        CREATE TRIGGER budgets_leave_reminder_only_added
            BEFORE UPDATE OR DELETE ON budgets_leave_reminder
            FOR EACH ROW EXECUTE FUNCTION refuse_change();
        CREATE TRIGGER budgets_leave_reminder_not_truncated
            BEFORE TRUNCATE ON budgets_leave_reminder
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
        CREATE TABLE budgets_leave_kept (
            employee_id bigint NOT NULL,
            expires_on date NOT NULL,
            minutes integer NOT NULL,
            noted_on date NOT NULL,
            CONSTRAINT budgets_leave_kept_pkey PRIMARY KEY (employee_id, expires_on),
            CONSTRAINT budgets_leave_kept_employee_id_fkey
                FOREIGN KEY (employee_id) REFERENCES people_employee (id)
        );
        """
    )


def downgrade() -> None:
    # What has lapsed stays in the ledger, whose rows are never taken away: the old list of reasons
    # holds for new rows only.
    op.execute(
        f"""
        ALTER TABLE ledger_transfer
            DROP CONSTRAINT ledger_transfer_reason_known,
            ADD CONSTRAINT ledger_transfer_reason_known CHECK (reason IN ({REASONS})) NOT VALID;

        DELETE FROM people_import_line WHERE import_id IN
            (SELECT id FROM people_import WHERE kind = 'leave');
        DELETE FROM people_import_progress WHERE import_id IN
            (SELECT id FROM people_import WHERE kind = 'leave');
        DELETE FROM people_import WHERE kind = 'leave';
        DELETE FROM people_column_mapping WHERE kind = 'leave';
        ALTER TABLE people_import
            DROP CONSTRAINT people_import_kind_known,
            ADD CONSTRAINT people_import_kind_known CHECK (kind IN ('people', 'pay'));
        ALTER TABLE people_column_mapping
            DROP CONSTRAINT people_column_mapping_kind_known,
            ADD CONSTRAINT people_column_mapping_kind_known CHECK (kind IN ('people', 'pay'));
        DROP TABLE budgets_leave_kept, budgets_leave_reminder, budgets_leave_look, people_leave;
        """
    )
