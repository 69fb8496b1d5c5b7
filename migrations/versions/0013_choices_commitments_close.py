"""access: when somebody last proved who they are"""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE access_session ADD COLUMN proved_at timestamptz;
        UPDATE access_session SET proved_at = created_at;
        ALTER TABLE access_session ALTER COLUMN proved_at SET NOT NULL;
        """
    )


def downgrade() -> None:
    op.execute("ALTER TABLE access_session DROP COLUMN proved_at")
