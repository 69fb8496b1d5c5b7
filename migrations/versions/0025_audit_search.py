"""the audit, searched by act, subject, actor and time"""

from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.execute(
        """
        CREATE INDEX audit_entry_when ON audit_entry (happened_at, id);
        CREATE INDEX audit_entry_of_act ON audit_entry (act text_pattern_ops, happened_at, id);
        CREATE INDEX audit_entry_of_subject
            ON audit_entry (subject text_pattern_ops, happened_at, id);
        CREATE INDEX audit_entry_of_actor ON audit_entry (actor, happened_at, id);
        """
    )


def downgrade() -> None:
    op.execute(
        "DROP INDEX audit_entry_when, audit_entry_of_act, audit_entry_of_subject,"
        " audit_entry_of_actor"
    )
