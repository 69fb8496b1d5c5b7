"""approvals: what HR is writing"""

from alembic import op

revision = "0017"
down_revision = "0014"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE approvals_policy (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            kind text NOT NULL,
            starts_on date NOT NULL,
            document text NOT NULL,
            digest text NOT NULL,
            published_at timestamptz NOT NULL,
            published_by text NOT NULL,
            published_by_user_id bigint,
            CONSTRAINT approvals_policy_kind_starts_on_key UNIQUE (kind, starts_on),
            CONSTRAINT approvals_policy_digest_is_sha256 CHECK (digest ~ '^[0-9a-f]{64}$')
        );

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
