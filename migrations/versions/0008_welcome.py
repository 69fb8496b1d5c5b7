"""access: that somebody has been welcomed"""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute("ALTER TABLE access_user ADD COLUMN welcomed_at timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE access_user DROP COLUMN welcomed_at")
