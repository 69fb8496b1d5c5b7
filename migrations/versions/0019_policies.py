"""approvals: what HR is writing"""

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.execute(
        """
        -- Never the same twice: a draft that was thrown away is not mistaken for the next one.
        CREATE SEQUENCE approvals_draft_version AS integer;

        CREATE TABLE approvals_draft (
            kind text PRIMARY KEY,
            document text NOT NULL,
            version integer NOT NULL,
            changed_at timestamptz NOT NULL,
            changed_by text NOT NULL,
            CONSTRAINT approvals_draft_version_counts CHECK (version > 0)
        );
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE approvals_draft; DROP SEQUENCE approvals_draft_version")
