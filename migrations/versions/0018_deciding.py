"""approvals: comparable requests, questions that are out; mails about what waits"""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.execute(
        """
        CREATE INDEX approvals_approval_alike
            ON approvals_approval (kind, (facts ->> 'product'), asked_at);
        CREATE INDEX approvals_step_asked ON approvals_step (due_on, id) WHERE state = 'asked';

        ALTER TABLE notices_preference ADD COLUMN waiting boolean NOT NULL DEFAULT true;
        ALTER TABLE notices_mail
            ADD COLUMN waits_on date,
            ADD CONSTRAINT notices_mail_about_one_thing CHECK (NOT digest OR waits_on IS NULL);
        CREATE UNIQUE INDEX notices_mail_waits_employee ON notices_mail (employee_id, waits_on)
            WHERE waits_on IS NOT NULL;
        CREATE UNIQUE INDEX notices_mail_waits_user ON notices_mail (user_id, waits_on)
            WHERE waits_on IS NOT NULL;

        CREATE TABLE notices_waiting_day (
            day date PRIMARY KEY,
            made_at timestamptz NOT NULL
        );
        """
    )


def downgrade() -> None:
    op.execute(
        """
        DROP TABLE notices_waiting_day;
        DROP INDEX notices_mail_waits_employee, notices_mail_waits_user;
        ALTER TABLE notices_mail DROP COLUMN waits_on;
        ALTER TABLE notices_preference DROP COLUMN waiting;
        DROP INDEX approvals_step_asked, approvals_approval_alike;
        """
    )
