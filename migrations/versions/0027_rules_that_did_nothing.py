"""rules that did nothing to a price, kept by quotes and orders"""

from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE pricing_quote ADD COLUMN not_applied jsonb NOT NULL DEFAULT '{}';
        ALTER TABLE shop_order ADD COLUMN not_applied jsonb NOT NULL DEFAULT '{}';
        """
    )


def downgrade() -> None:
    op.execute(
        """
        ALTER TABLE shop_order DROP COLUMN not_applied;
        ALTER TABLE pricing_quote DROP COLUMN not_applied;
        """
    )
