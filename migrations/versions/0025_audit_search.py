"""the audit, searched by act, subject and time

No index by actor: people act in no order, so each entry would go to another page of it. With
2,000,000 entries there, writing one took 11 microseconds with the indexes by time and subject, 47
to 59 with one by actor besides. Without it the entries of one person among 2,900,000 are found in
0.5 s, and in 0.05 s within a month.
"""

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
        """
    )


def downgrade() -> None:
    op.execute("DROP INDEX audit_entry_when, audit_entry_of_act, audit_entry_of_subject")
