"""schemes"""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE schemes_version (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            scheme text NOT NULL,
            version integer NOT NULL,
            document text NOT NULL,
            digest text NOT NULL,
            published_at timestamptz NOT NULL,
            published_by text NOT NULL,
            CONSTRAINT schemes_version_scheme_version_key UNIQUE (scheme, version),
            CONSTRAINT schemes_version_digest_is_sha256 CHECK (digest ~ '^[0-9a-f]{64}$')
        );
        CREATE TRIGGER schemes_version_only_added BEFORE UPDATE OR DELETE ON schemes_version
            FOR EACH ROW EXECUTE FUNCTION refuse_change();
        CREATE TRIGGER schemes_version_not_truncated BEFORE TRUNCATE ON schemes_version
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE schemes_version")
