"""notices: notices, mails, how people want them; approvals: what waits for somebody's yes"""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE notices_preference (
            user_id bigint PRIMARY KEY REFERENCES access_user,
            mail text NOT NULL,
            CONSTRAINT notices_preference_mail_known CHECK (mail IN ('at_once', 'daily', 'never'))
        );

        CREATE TABLE notices_mail (
            id uuid PRIMARY KEY,
            employee_id bigint REFERENCES people_employee,
            user_id bigint REFERENCES access_user,
            digest boolean NOT NULL,
            state text NOT NULL,
            wanted_at timestamptz NOT NULL,
            due_at timestamptz NOT NULL,
            announced_at timestamptz NOT NULL,
            tries integer NOT NULL DEFAULT 0,
            address text,
            answer text,
            sent_at timestamptz,
            CONSTRAINT notices_mail_for_one_person
                CHECK ((employee_id IS NULL) <> (user_id IS NULL)),
            CONSTRAINT notices_mail_state_known
                CHECK (state IN ('waiting', 'sent', 'refused', 'given_up', 'dropped')),
            CONSTRAINT notices_mail_sent_at_a_moment
                CHECK ((state = 'sent') = (sent_at IS NOT NULL))
        );
        CREATE INDEX notices_mail_due ON notices_mail (due_at) WHERE state = 'waiting';
        CREATE INDEX notices_mail_not_delivered ON notices_mail (wanted_at, id)
            WHERE state IN ('refused', 'given_up');

        CREATE TABLE notices_notice (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            employee_id bigint REFERENCES people_employee,
            user_id bigint REFERENCES access_user,
            kind text NOT NULL,
            subject text NOT NULL,
            data jsonb NOT NULL,
            key text NOT NULL,
            created_at timestamptz NOT NULL,
            read_at timestamptz,
            digest boolean NOT NULL,
            -- The notice is there first: only then is it known whether it needs a mail.
            mail_id uuid REFERENCES notices_mail DEFERRABLE INITIALLY DEFERRED,
            CONSTRAINT notices_notice_for_one_person
                CHECK ((employee_id IS NULL) <> (user_id IS NULL))
        );
        CREATE UNIQUE INDEX notices_notice_employee_key ON notices_notice (employee_id, key);
        CREATE UNIQUE INDEX notices_notice_user_key ON notices_notice (user_id, key);
        CREATE INDEX notices_notice_employee ON notices_notice (employee_id, id);
        CREATE INDEX notices_notice_user ON notices_notice (user_id, id);
        -- Asked for by every page.
        CREATE INDEX notices_notice_employee_unread ON notices_notice (employee_id)
            WHERE read_at IS NULL;
        CREATE INDEX notices_notice_user_unread ON notices_notice (user_id)
            WHERE read_at IS NULL;
        CREATE INDEX notices_notice_subject_unread ON notices_notice (subject)
            WHERE read_at IS NULL;
        CREATE INDEX notices_notice_digest ON notices_notice (created_at)
            WHERE digest AND mail_id IS NULL AND read_at IS NULL;
        CREATE INDEX notices_notice_mail ON notices_notice (mail_id) WHERE mail_id IS NOT NULL;

        CREATE TABLE approvals_approval (
            id uuid PRIMARY KEY,
            kind text NOT NULL,
            subject text NOT NULL,
            employee_id bigint REFERENCES people_employee,
            what jsonb NOT NULL,
            who text NOT NULL,
            approver_id bigint REFERENCES people_employee,
            why_hr text,
            state text NOT NULL,
            due_on date NOT NULL,
            remind_on date,
            reminded_at timestamptz,
            overdue_at timestamptz,
            asked_at timestamptz NOT NULL,
            asked_by text NOT NULL,
            asked_by_user_id bigint,
            asked_by_employee_id bigint REFERENCES people_employee,
            ended_at timestamptz,
            ended_by text,
            decided_by_user_id bigint,
            decided_by_employee_id bigint REFERENCES people_employee,
            reason text,
            CONSTRAINT approvals_approval_kind_known
                CHECK (kind IN ('order', 'evidence', 'todo')),
            CONSTRAINT approvals_approval_who_known CHECK (who IN ('manager', 'hr')),
            CONSTRAINT approvals_approval_state_known
                CHECK (state IN ('open', 'approved', 'refused', 'withdrawn', 'expired')),
            CONSTRAINT approvals_approval_why_hr_known
                CHECK (why_hr IN ('role', 'no_manager', 'manager_asks', 'manager_left')),
            CONSTRAINT approvals_approval_with_somebody
                CHECK (why_hr IS NOT NULL OR approver_id IS NOT NULL),
            CONSTRAINT approvals_approval_role_is_hr
                CHECK ((who = 'hr') = (why_hr IS NOT DISTINCT FROM 'role')),
            CONSTRAINT approvals_approval_ended_whole
                CHECK ((state = 'open') = (ended_at IS NULL)
                       AND (ended_at IS NULL) = (ended_by IS NULL)),
            CONSTRAINT approvals_approval_decided_whole
                CHECK ((state IN ('approved', 'refused')) = (decided_by_user_id IS NOT NULL)
                       AND (decided_by_employee_id IS NULL OR decided_by_user_id IS NOT NULL)),
            CONSTRAINT approvals_approval_nobody_about_themselves
                CHECK (decided_by_employee_id <> employee_id),
            CONSTRAINT approvals_approval_nobody_what_they_asked
                CHECK (kind = 'todo' OR (decided_by_user_id <> asked_by_user_id
                                         AND decided_by_employee_id <> asked_by_employee_id)),
            CONSTRAINT approvals_approval_refused_with_reason
                CHECK (state <> 'refused' OR (reason IS NOT NULL AND reason <> ''))
        );
        CREATE UNIQUE INDEX approvals_approval_one_open ON approvals_approval (subject, kind)
            WHERE state = 'open';
        CREATE INDEX approvals_approval_subject_idx ON approvals_approval (subject);
        CREATE INDEX approvals_approval_of_manager
            ON approvals_approval (approver_id, due_on, id)
            WHERE state = 'open' AND why_hr IS NULL;
        CREATE INDEX approvals_approval_of_hr ON approvals_approval (due_on, id)
            WHERE state = 'open' AND why_hr IS NOT NULL;
        CREATE INDEX approvals_approval_to_remind ON approvals_approval (remind_on)
            WHERE state = 'open' AND reminded_at IS NULL;
        CREATE INDEX approvals_approval_overdue ON approvals_approval (due_on)
            WHERE state = 'open' AND overdue_at IS NULL;
        CREATE INDEX approvals_approval_decided_by
            ON approvals_approval (decided_by_user_id, ended_at);
        CREATE INDEX approvals_approval_employee_id_idx ON approvals_approval (employee_id);
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE approvals_approval, notices_notice, notices_mail, notices_preference")
