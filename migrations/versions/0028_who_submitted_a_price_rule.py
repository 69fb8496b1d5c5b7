"""whoever ever submitted a price rule does not approve it"""

from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION pricing_rule_approved_by_no_asker() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (
                SELECT FROM approvals_approval
                 WHERE subject = 'price_rule:' || NEW.id
                   AND asked_by_user_id = NEW.approved_by_user_id) THEN
                RAISE EXCEPTION 'who ever submitted a price rule does not approve it' USING
                    ERRCODE = 'check_violation', CONSTRAINT = 'pricing_rule_approved_by_another';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER pricing_rule_approved_by_no_asker
            BEFORE UPDATE OF approved_by_user_id ON pricing_rule
            FOR EACH ROW WHEN (NEW.approved_by_user_id IS NOT NULL)
            EXECUTE FUNCTION pricing_rule_approved_by_no_asker();
        """
    )


def downgrade() -> None:
    op.execute(
        """
        DROP TRIGGER pricing_rule_approved_by_no_asker ON pricing_rule;
        DROP FUNCTION pricing_rule_approved_by_no_asker;
        """
    )
