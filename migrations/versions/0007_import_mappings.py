"""people: which column is which, remembered; files kept until they are taken; live progress"""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE people_import
            ADD COLUMN columns jsonb,
            ADD COLUMN keep_until timestamptz,
            ADD COLUMN taken_by text,
            ADD COLUMN taken_by_user_id bigint,
            DROP CONSTRAINT people_import_state_known,
            DROP CONSTRAINT people_import_content_dropped,
            ADD CONSTRAINT people_import_state_known CHECK (
                state IN ('naming', 'waiting', 'checked', 'applied', 'refused', 'failed')
            ),
            ADD CONSTRAINT people_import_content_there
                CHECK (state NOT IN ('naming', 'waiting') OR content IS NOT NULL),
            ADD CONSTRAINT people_import_content_dropped CHECK (
                content IS NULL OR state = 'waiting'
                OR (keep_until IS NOT NULL AND state IN ('naming', 'checked', 'refused'))
            );
        CREATE INDEX people_import_kept ON people_import (keep_until)
            WHERE keep_until IS NOT NULL;

        CREATE TABLE people_import_progress (
            import_id uuid PRIMARY KEY REFERENCES people_import,
            stage text NOT NULL,
            rows integer NOT NULL,
            of_rows integer,
            noted_at timestamptz NOT NULL,
            CONSTRAINT people_import_progress_stage_known
                CHECK (stage IN ('queued', 'reading', 'comparing', 'writing'))
        );

        CREATE TABLE people_column_mapping (
            kind text NOT NULL,
            headers_digest text NOT NULL,
            columns jsonb NOT NULL,
            actor text NOT NULL,
            actor_user_id bigint,
            noted_at timestamptz NOT NULL,
            PRIMARY KEY (kind, headers_digest),
            CONSTRAINT people_column_mapping_kind_known CHECK (kind IN ('people', 'pay'))
        );
        """
    )


def downgrade() -> None:
    op.execute(
        """
        DROP TABLE people_column_mapping, people_import_progress;
        UPDATE people_import SET content = NULL,
            message = CASE WHEN state = 'naming' THEN 'Send the file again' ELSE message END,
            state = CASE WHEN state = 'naming' THEN 'failed' ELSE state END
        WHERE state <> 'waiting';
        DROP INDEX people_import_kept;
        ALTER TABLE people_import
            DROP CONSTRAINT people_import_content_there,
            DROP CONSTRAINT people_import_content_dropped,
            DROP CONSTRAINT people_import_state_known,
            DROP COLUMN columns,
            DROP COLUMN keep_until,
            DROP COLUMN taken_by,
            DROP COLUMN taken_by_user_id,
            ADD CONSTRAINT people_import_state_known CHECK (
                state IN ('waiting', 'checked', 'applied', 'refused', 'failed')
            ),
            ADD CONSTRAINT people_import_content_dropped
                CHECK ((state = 'waiting') = (content IS NOT NULL))
        """
    )
