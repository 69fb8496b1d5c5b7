"""draws, checks afterwards, and trust"""

from alembic import op

revision = "0017"
down_revision = "0016"

TABLES = """
CREATE INDEX approvals_approval_untrusted ON approvals_approval (kind, ended_at)
    WHERE effect = 'before' AND state = 'approved' AND facts ->> 'trusted' = 'false';

CREATE TABLE approvals_draw (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    day date NOT NULL,
    kind text NOT NULL,
    policy_id bigint REFERENCES approvals_policy,
    case_code text NOT NULL,
    begins_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    share numeric(9, 8) NOT NULL,
    seed text NOT NULL,
    population integer NOT NULL,
    by_chance integer NOT NULL,
    drawn integer NOT NULL,
    digest text NOT NULL,
    drawn_at timestamptz NOT NULL,
    CONSTRAINT approvals_draw_once UNIQUE NULLS NOT DISTINCT (day, kind, policy_id, case_code),
    CONSTRAINT approvals_draw_share_is_one CHECK (share BETWEEN 0 AND 1),
    CONSTRAINT approvals_draw_drawn_of_population
        CHECK (by_chance BETWEEN 0 AND drawn AND drawn <= population),
    CONSTRAINT approvals_draw_digest_is_sha256 CHECK (digest ~ '^[0-9a-f]{64}$')
);
CREATE TRIGGER approvals_draw_only_added BEFORE UPDATE OR DELETE ON approvals_draw
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE approvals_check (
    id uuid PRIMARY KEY,
    approval_id uuid NOT NULL REFERENCES approvals_approval,
    draw_id bigint NOT NULL REFERENCES approvals_draw,
    employee_id bigint NOT NULL REFERENCES people_employee,
    kind text NOT NULL,
    why text NOT NULL,
    state text NOT NULL,
    drawn_at timestamptz NOT NULL,
    decided_at timestamptz,
    decided_by text,
    decided_by_user_id bigint,
    decided_by_employee_id bigint REFERENCES people_employee,
    reason text,
    contest_until date,
    contested_at timestamptz,
    contest_text text,
    answered_at timestamptz,
    answered_by text,
    answered_by_employee_id bigint REFERENCES people_employee,
    answer text,
    CONSTRAINT approvals_check_approval_id_key UNIQUE (approval_id),
    CONSTRAINT approvals_check_no_check_of_a_check
        CHECK (kind NOT IN ('todo', 'check', 'contest')),
    CONSTRAINT approvals_check_why_known CHECK (why IN ('drawn', 'all_after_broken')),
    CONSTRAINT approvals_check_state_known CHECK (
        state IN ('drawn', 'open', 'kept', 'broken', 'contested', 'upheld', 'overturned', 'void')),
    CONSTRAINT approvals_check_decided_whole CHECK (
        (state IN ('drawn', 'open', 'void')) = (decided_at IS NULL)
        AND (decided_at IS NULL) = (decided_by IS NULL)),
    CONSTRAINT approvals_check_broken_with_reason CHECK (
        state IN ('drawn', 'open', 'void', 'kept')
        OR (reason IS NOT NULL AND reason <> '' AND contest_until IS NOT NULL)),
    CONSTRAINT approvals_check_contested_whole CHECK (
        (state IN ('contested', 'upheld', 'overturned')) = (contested_at IS NOT NULL)
        AND (contested_at IS NULL) = (contest_text IS NULL)
        AND (state IN ('upheld', 'overturned')) = (answered_at IS NOT NULL)
        AND (answered_at IS NULL) = (answered_by IS NULL)),
    CONSTRAINT approvals_check_nobody_about_themselves CHECK (
        decided_by_employee_id <> employee_id AND answered_by_employee_id <> employee_id)
);
CREATE INDEX approvals_check_draw_id_idx ON approvals_check (draw_id);
CREATE INDEX approvals_check_findings ON approvals_check (employee_id, kind, decided_at, id);
CREATE INDEX approvals_check_listed ON approvals_check (state, drawn_at, id);
CREATE INDEX approvals_check_drawn_at_id_idx ON approvals_check (drawn_at, id);

CREATE TABLE approvals_trust (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    employee_id bigint NOT NULL REFERENCES people_employee,
    kind text NOT NULL,
    lost_at timestamptz NOT NULL,
    lost_by_check_id uuid NOT NULL REFERENCES approvals_check,
    restored_at timestamptz,
    restored_by_check_id uuid REFERENCES approvals_check,
    undone boolean NOT NULL DEFAULT false,
    CONSTRAINT approvals_trust_restored_whole CHECK (
        (restored_at IS NULL) = (restored_by_check_id IS NULL)
        AND (restored_at IS NOT NULL OR NOT undone))
);
CREATE UNIQUE INDEX approvals_trust_lost ON approvals_trust (employee_id, kind)
    WHERE restored_at IS NULL;
CREATE INDEX approvals_trust_employee_id_kind_lost_at_idx
    ON approvals_trust (employee_id, kind, lost_at);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute(
        """
        DROP TABLE approvals_trust, approvals_check, approvals_draw;
        DROP INDEX approvals_approval_untrusted;
        """
    )
