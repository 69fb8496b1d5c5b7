"""outbox and audit"""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE outbox_message (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            name text NOT NULL,
            payload jsonb NOT NULL,
            due_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            sendings integer NOT NULL DEFAULT 0,
            done_at timestamptz
        );
        CREATE INDEX outbox_message_due ON outbox_message (due_at) WHERE done_at IS NULL;

        CREATE TABLE audit_entry (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            happened_at timestamptz NOT NULL,
            recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            actor text NOT NULL,
            actor_user_id bigint,
            act text NOT NULL,
            subject text NOT NULL,
            details jsonb NOT NULL
        );
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END $$;
        CREATE TRIGGER audit_entry_only_added BEFORE UPDATE OR DELETE ON audit_entry
            FOR EACH ROW EXECUTE FUNCTION refuse_change();
        CREATE TRIGGER audit_entry_not_truncated BEFORE TRUNCATE ON audit_entry
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE audit_entry, outbox_message; DROP FUNCTION refuse_change()")
