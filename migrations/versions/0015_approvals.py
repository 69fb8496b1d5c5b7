"""approvals: policies, steps, what happened; what was asked becomes approvals of one step"""

from alembic import op

revision = "0015"
down_revision = "0014"

KINDS = "ARRAY['order', 'evidence', 'todo', 'check', 'contest']"

POLICIES = f"""
CREATE TABLE approvals_policy (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    starts_on date NOT NULL,
    document text NOT NULL,
    digest text NOT NULL,
    published_at timestamptz NOT NULL,
    published_by text NOT NULL,
    published_by_user_id bigint,
    CONSTRAINT approvals_policy_kind_starts_on_key UNIQUE (kind, starts_on),
    CONSTRAINT approvals_policy_kind_known CHECK (kind = ANY ({KINDS})),
    CONSTRAINT approvals_policy_digest_is_sha256 CHECK (digest ~ '^[0-9a-f]{{64}}$')
);
CREATE TRIGGER approvals_policy_only_added BEFORE UPDATE OR DELETE ON approvals_policy
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""

STEPS = """
CREATE TABLE approvals_step (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    approval_id uuid NOT NULL REFERENCES approvals_approval,
    stage smallint NOT NULL,
    place smallint NOT NULL,
    mode text NOT NULL,
    rule jsonb NOT NULL,
    state text NOT NULL,
    approver_id bigint REFERENCES people_employee,
    role text,
    why text,
    mandate_unit_id bigint REFERENCES people_unit,
    opened_at timestamptz,
    due_on date,
    next_on date,
    days_left smallint,
    reminded_at timestamptz,
    overdue_at timestamptz,
    decided_at timestamptz,
    decided_by text,
    decided_by_user_id bigint,
    decided_by_employee_id bigint REFERENCES people_employee,
    decided_for_id bigint REFERENCES people_employee,
    reason text,
    kind text NOT NULL,
    about_id bigint,
    asked_by_user_id bigint,
    asked_by_employee_id bigint,
    CONSTRAINT approvals_step_approval_id_stage_place_key UNIQUE (approval_id, stage, place),
    CONSTRAINT approvals_step_mode_known CHECK (mode IN ('all', 'any')),
    CONSTRAINT approvals_step_state_known CHECK (
        state IN ('waiting', 'open', 'asked', 'approved', 'refused', 'skipped', 'ended')),
    CONSTRAINT approvals_step_with_somebody CHECK (
        NOT (state IN ('open', 'asked'))
        OR ((approver_id IS NULL) <> (role IS NULL) AND due_on IS NOT NULL)),
    CONSTRAINT approvals_step_asked_keeps_days
        CHECK ((state = 'asked') = (days_left IS NOT NULL)),
    CONSTRAINT approvals_step_decided_whole CHECK (
        (state IN ('approved', 'refused')) = (decided_at IS NOT NULL)
        AND (decided_at IS NULL) = (decided_by IS NULL)
        AND (decided_by_user_id IS NULL OR decided_at IS NOT NULL)
        AND (decided_by_employee_id IS NULL OR decided_by_user_id IS NOT NULL)
        AND (decided_for_id IS NULL OR decided_by_employee_id IS NOT NULL)),
    CONSTRAINT approvals_step_nobody_about_themselves
        CHECK (decided_by_employee_id <> about_id AND decided_for_id <> about_id),
    CONSTRAINT approvals_step_with_somebody_else CHECK (
        NOT (state IN ('open', 'asked'))
        OR ((approver_id <> about_id) IS NOT FALSE
            AND (kind = 'todo' OR (approver_id <> asked_by_employee_id) IS NOT FALSE))),
    CONSTRAINT approvals_step_nobody_what_they_asked
        CHECK (kind = 'todo' OR (decided_by_user_id <> asked_by_user_id
                                 AND decided_by_employee_id <> asked_by_employee_id)),
    CONSTRAINT approvals_step_refused_with_reason
        CHECK (state <> 'refused' OR (reason IS NOT NULL AND reason <> ''))
);

CREATE TABLE approvals_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    approval_id uuid NOT NULL REFERENCES approvals_approval,
    step_id bigint REFERENCES approvals_step,
    at timestamptz NOT NULL,
    act text NOT NULL,
    by text NOT NULL,
    by_user_id bigint,
    by_employee_id bigint REFERENCES people_employee,
    for_id bigint REFERENCES people_employee,
    to_id bigint REFERENCES people_employee,
    to_role text,
    why text,
    said text
);

CREATE TABLE approvals_look (
    id smallint PRIMARY KEY,
    recorded_to timestamptz NOT NULL,
    day date NOT NULL,
    CONSTRAINT approvals_look_one_row CHECK (id = 1)
);
"""

KEPT = """
INSERT INTO approvals_step (
    approval_id, stage, place, mode, rule, state, approver_id, role, why, opened_at, due_on,
    next_on, reminded_at, overdue_at, decided_at, decided_by, decided_by_user_id,
    decided_by_employee_id, reason, kind, about_id, asked_by_user_id, asked_by_employee_id
)
SELECT id, 0, 0, 'all',
       jsonb_build_object(
           'who', CASE who WHEN 'hr' THEN 'role' ELSE 'manager' END,
           'value', CASE who WHEN 'hr' THEN 'hr' ELSE '' END,
           'days', 5, 'then', 'remind'),
       CASE WHEN state IN ('withdrawn', 'expired') THEN 'ended' ELSE state END,
       CASE WHEN why_hr IS NULL THEN approver_id END,
       CASE WHEN why_hr IS NOT NULL THEN 'hr' END,
       CASE why_hr WHEN 'no_manager' THEN 'no_manager' WHEN 'manager_asks' THEN 'asked_it'
                   WHEN 'manager_left' THEN 'left' END,
       asked_at, due_on,
       CASE WHEN state <> 'open' THEN NULL
            WHEN remind_on IS NOT NULL AND reminded_at IS NULL THEN remind_on
            WHEN overdue_at IS NULL THEN due_on + 1 END,
       reminded_at, overdue_at,
       CASE WHEN state IN ('approved', 'refused') THEN ended_at END,
       CASE WHEN state IN ('approved', 'refused') THEN ended_by END,
       decided_by_user_id, decided_by_employee_id,
       CASE WHEN state IN ('approved', 'refused') THEN reason END,
       kind, employee_id, asked_by_user_id, asked_by_employee_id
  FROM approvals_approval;

INSERT INTO approvals_event (
    approval_id, step_id, at, act, by, by_user_id, by_employee_id, why, said
)
SELECT approval_id, step_id, at, act, by, by_user_id, by_employee_id, why, said FROM (
    SELECT a.id AS approval_id, NULL::bigint AS step_id, a.asked_at AS at, 'asked' AS act,
           a.asked_by AS by, a.asked_by_user_id AS by_user_id,
           a.asked_by_employee_id AS by_employee_id, NULL AS why, NULL AS said
      FROM approvals_approval a
    UNION ALL
    SELECT a.id, s.id, a.reminded_at, 'reminded', 'system', NULL, NULL, NULL, NULL
      FROM approvals_approval a JOIN approvals_step s ON s.approval_id = a.id
     WHERE a.reminded_at IS NOT NULL
    UNION ALL
    SELECT a.id, s.id, a.overdue_at, 'overdue', 'system', NULL, NULL, NULL, NULL
      FROM approvals_approval a JOIN approvals_step s ON s.approval_id = a.id
     WHERE a.overdue_at IS NOT NULL
    UNION ALL
    SELECT a.id, s.id, a.ended_at,
           a.state, a.ended_by, a.decided_by_user_id, a.decided_by_employee_id, NULL, a.reason
      FROM approvals_approval a JOIN approvals_step s ON s.approval_id = a.id
     WHERE a.ended_at IS NOT NULL
) happened ORDER BY at, act;
"""

AFTER = f"""
DROP INDEX approvals_approval_of_manager, approvals_approval_of_hr, approvals_approval_to_remind,
    approvals_approval_overdue, approvals_approval_decided_by;
ALTER TABLE approvals_approval
    ADD COLUMN facts jsonb NOT NULL DEFAULT '{{}}',
    ADD COLUMN amount_minor bigint,
    ADD COLUMN policy_id bigint REFERENCES approvals_policy,
    ADD COLUMN case_code text,
    ADD COLUMN effect text NOT NULL DEFAULT 'before',
    ADD COLUMN latest_on date;
UPDATE approvals_approval SET case_code = who;
ALTER TABLE approvals_approval
    ALTER COLUMN case_code SET NOT NULL,
    ALTER COLUMN facts DROP DEFAULT,
    ALTER COLUMN effect DROP DEFAULT,
    DROP COLUMN who, DROP COLUMN approver_id, DROP COLUMN why_hr, DROP COLUMN due_on,
    DROP COLUMN remind_on, DROP COLUMN reminded_at, DROP COLUMN overdue_at,
    DROP COLUMN decided_by_user_id, DROP COLUMN decided_by_employee_id,
    DROP CONSTRAINT approvals_approval_kind_known,
    ADD CONSTRAINT approvals_approval_kind_known CHECK (kind = ANY ({KINDS})),
    ADD CONSTRAINT approvals_approval_effect_known CHECK (effect IN ('before', 'after')),
    ADD CONSTRAINT approvals_approval_after_is_approved
        CHECK (effect = 'before' OR state = 'approved');
CREATE INDEX approvals_approval_asked_by_user_id_idx ON approvals_approval (asked_by_user_id);
CREATE INDEX approvals_approval_cases ON approvals_approval (kind, asked_at);
CREATE INDEX approvals_approval_after ON approvals_approval (kind, ended_at)
    WHERE effect = 'after';

CREATE INDEX approvals_step_of_approver ON approvals_step (approver_id, due_on, id)
    WHERE state IN ('open', 'asked');
CREATE INDEX approvals_step_of_role ON approvals_step (role, due_on, id)
    WHERE state IN ('open', 'asked');
CREATE INDEX approvals_step_to_look_at ON approvals_step (next_on, id) WHERE state = 'open';
CREATE INDEX approvals_step_live_about ON approvals_step (about_id)
    WHERE state IN ('open', 'asked');
CREATE INDEX approvals_step_decided_by ON approvals_step (decided_by_user_id, decided_at);
CREATE INDEX approvals_event_approval_id_id_idx ON approvals_event (approval_id, id);
CREATE TRIGGER approvals_event_only_added BEFORE UPDATE OR DELETE ON approvals_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    op.execute(POLICIES + STEPS + KEPT + AFTER)


def downgrade() -> None:
    raise RuntimeError("approvals of several steps do not fit the tables before: restore a backup")
