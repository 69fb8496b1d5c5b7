"""deals: offers, acceptances, drafts, messages, advisers, what happened; approvals of deals"""

from alembic import op

revision = "0020"
down_revision = "0019"

TERM_KINDS = (
    "ARRAY['development', 'tasks', 'hours', 'pattern', 'place', 'leave', 'bonus', 'money', 'other']"
)
KINDS = "ARRAY['order', 'evidence', 'todo', 'check', 'contest']"
KINDS_NOW = "ARRAY['order', 'deal', 'evidence', 'todo', 'check', 'contest']"

DEALS = """
CREATE TABLE deals_deal (
    id uuid PRIMARY KEY,
    number bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    employee_id bigint NOT NULL REFERENCES people_employee,
    manager_id bigint NOT NULL REFERENCES people_employee,
    subject text NOT NULL,
    started text NOT NULL,
    state text NOT NULL,
    version integer NOT NULL DEFAULT 1,
    visibility text NOT NULL,
    offer_number smallint NOT NULL,
    agreed_number smallint,
    in_force_number smallint,
    turned_down_number smallint,
    decide_by date,
    by_law boolean NOT NULL DEFAULT false,
    starts_on date,
    evaluate_on date,
    ends_on date,
    next_on date,
    acted_at timestamptz NOT NULL,
    opened_at timestamptz NOT NULL,
    opened_by text NOT NULL,
    opened_by_user_id bigint,
    opened_by_employee_id bigint REFERENCES people_employee,
    agreed_at timestamptz,
    approved_at timestamptz,
    started_at timestamptz,
    evaluation_asked_at timestamptz,
    ended_at timestamptz,
    ended_by text,
    ended_side text,
    reason text,
    reason_at timestamptz,
    reason_forgotten_at timestamptz,
    CONSTRAINT deals_deal_number_key UNIQUE (number),
    CONSTRAINT deals_deal_not_with_oneself CHECK (employee_id <> manager_id),
    CONSTRAINT deals_deal_subject_said CHECK (char_length(subject) BETWEEN 1 AND 200),
    CONSTRAINT deals_deal_started_known
        CHECK (started IN ('by_employee', 'by_manager', 'by_hr', 'before_hiring')),
    CONSTRAINT deals_deal_state_known CHECK (state IN (
        'negotiating', 'agreed', 'in_force', 'ended', 'lapsed', 'refused', 'withdrawn')),
    CONSTRAINT deals_deal_visibility_known
        CHECK (visibility IN ('parties', 'team_anonymised', 'everyone')),
    CONSTRAINT deals_deal_numbers_of_offers CHECK (
        offer_number > 0 AND agreed_number BETWEEN 1 AND offer_number
        AND in_force_number BETWEEN 1 AND offer_number
        AND turned_down_number BETWEEN 1 AND offer_number),
    CONSTRAINT deals_deal_agreed_on_an_offer
        CHECK (state <> 'agreed' OR agreed_number IS NOT NULL),
    CONSTRAINT deals_deal_in_force_whole CHECK (
        (in_force_number IS NULL) = (started_at IS NULL)
        AND (state <> 'in_force' OR in_force_number IS NOT NULL)),
    CONSTRAINT deals_deal_approved_offer
        CHECK (approved_at IS NULL OR agreed_number IS NOT NULL),
    CONSTRAINT deals_deal_ended_whole CHECK (
        (state IN ('ended', 'lapsed', 'refused', 'withdrawn')) = (ended_at IS NOT NULL)
        AND (ended_at IS NULL) = (ended_by IS NULL)),
    CONSTRAINT deals_deal_refused_with_reason CHECK (
        state <> 'refused' OR (reason IS NOT NULL AND reason <> '')
        OR reason_forgotten_at IS NOT NULL),
    CONSTRAINT deals_deal_version_counts CHECK (version > 0)
);
CREATE INDEX deals_deal_employee_id_id_idx ON deals_deal (employee_id, id);
CREATE INDEX deals_deal_manager_id_id_idx ON deals_deal (manager_id, id);
CREATE INDEX deals_deal_state_id_idx ON deals_deal (state, id);
CREATE INDEX deals_deal_to_look_at ON deals_deal (next_on, id) WHERE next_on IS NOT NULL;
CREATE INDEX deals_deal_shown ON deals_deal (visibility, id)
    WHERE state = 'in_force' AND visibility <> 'parties';

-- Whose deal it is and how it began stays; what is over stays over, but for a reason that is
-- forgotten and the day on which that happens.
CREATE FUNCTION deals_deal_goes_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'deal % stays', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.id, OLD.number, OLD.employee_id, OLD.subject, OLD.started, OLD.opened_at,
        OLD.opened_by, OLD.opened_by_user_id, OLD.opened_by_employee_id) IS DISTINCT FROM
       (NEW.id, NEW.number, NEW.employee_id, NEW.subject, NEW.started, NEW.opened_at,
        NEW.opened_by, NEW.opened_by_user_id, NEW.opened_by_employee_id)
       OR NEW.offer_number NOT IN (OLD.offer_number, OLD.offer_number + 1)
    THEN
        RAISE EXCEPTION 'deal % stays as it began', OLD.number
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.ended_at IS NOT NULL AND
        to_jsonb(OLD) - '{reason,reason_forgotten_at,next_on,version}'::text[] IS DISTINCT FROM
        to_jsonb(NEW) - '{reason,reason_forgotten_at,next_on,version}'::text[]
    THEN
        RAISE EXCEPTION 'deal % is over', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER deals_deal_goes_on BEFORE UPDATE OR DELETE ON deals_deal
    FOR EACH ROW EXECUTE FUNCTION deals_deal_goes_on();
"""

OFFERS = f"""
CREATE TABLE deals_offer (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    deal_id uuid NOT NULL REFERENCES deals_deal,
    number smallint NOT NULL,
    by_side text NOT NULL,
    by_adviser boolean NOT NULL,
    by_law boolean NOT NULL,
    text jsonb NOT NULL,
    digest text NOT NULL,
    kinds text[] NOT NULL,
    cost_minor bigint NOT NULL,
    starts_on date NOT NULL,
    evaluate_on date NOT NULL,
    ends_on date,
    visibility text NOT NULL,
    template text,
    at timestamptz NOT NULL,
    by text NOT NULL,
    by_user_id bigint,
    by_employee_id bigint REFERENCES people_employee,
    CONSTRAINT deals_offer_deal_id_number_key UNIQUE (deal_id, number),
    CONSTRAINT deals_offer_number_counts CHECK (number > 0),
    CONSTRAINT deals_offer_side_known CHECK (by_side IN ('employee', 'employer')),
    CONSTRAINT deals_offer_advisers_of_employees
        CHECK (NOT by_adviser OR by_side = 'employee'),
    CONSTRAINT deals_offer_law_asks_once
        CHECK (NOT by_law OR (number = 1 AND by_side = 'employee')),
    CONSTRAINT deals_offer_kinds_known CHECK (cardinality(kinds) > 0 AND kinds <@ {TERM_KINDS}),
    CONSTRAINT deals_offer_cost_not_negative CHECK (cost_minor >= 0),
    CONSTRAINT deals_offer_digest_is_sha256 CHECK (digest ~ '^[0-9a-f]{{64}}$')
);
CREATE TRIGGER deals_offer_only_added BEFORE UPDATE OR DELETE ON deals_offer
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE FUNCTION deals_acceptance_of_last() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM deals_deal
      WHERE id = NEW.deal_id AND offer_number = NEW.offer AND ended_at IS NULL
        AND turned_down_number IS DISTINCT FROM NEW.offer;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'only the last offer of a deal that goes on is accepted'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TABLE deals_acceptance (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    deal_id uuid NOT NULL,
    offer smallint NOT NULL,
    side text NOT NULL,
    at timestamptz NOT NULL,
    by text NOT NULL,
    by_user_id bigint,
    by_employee_id bigint REFERENCES people_employee,
    CONSTRAINT deals_acceptance_deal_id_offer_side_key UNIQUE (deal_id, offer, side),
    CONSTRAINT deals_acceptance_deal_id_offer_fkey
        FOREIGN KEY (deal_id, offer) REFERENCES deals_offer (deal_id, number),
    CONSTRAINT deals_acceptance_side_known CHECK (side IN ('employee', 'employer'))
);
CREATE TRIGGER deals_acceptance_only_added BEFORE UPDATE OR DELETE ON deals_acceptance
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER deals_acceptance_of_last BEFORE INSERT ON deals_acceptance
    FOR EACH ROW EXECUTE FUNCTION deals_acceptance_of_last();

CREATE TABLE deals_letter (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    deal_id uuid NOT NULL,
    offer smallint NOT NULL,
    language text NOT NULL,
    content bytea NOT NULL,
    digest text NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT deals_letter_deal_id_offer_language_key UNIQUE (deal_id, offer, language),
    CONSTRAINT deals_letter_deal_id_offer_fkey
        FOREIGN KEY (deal_id, offer) REFERENCES deals_offer (deal_id, number),
    CONSTRAINT deals_letter_digest_is_sha256 CHECK (digest ~ '^[0-9a-f]{{64}}$')
);
CREATE TRIGGER deals_letter_only_added BEFORE UPDATE OR DELETE ON deals_letter
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""

BESIDE = """
CREATE TABLE deals_draft (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    employee_id bigint NOT NULL REFERENCES people_employee,
    deal_id uuid REFERENCES deals_deal,
    seen smallint NOT NULL,
    text jsonb NOT NULL,
    version integer NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT deals_draft_one UNIQUE NULLS NOT DISTINCT (employee_id, deal_id),
    CONSTRAINT deals_draft_version_counts CHECK (version > 0)
);

CREATE TABLE deals_message (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    deal_id uuid NOT NULL REFERENCES deals_deal,
    offer smallint NOT NULL,
    side text NOT NULL,
    by_adviser boolean NOT NULL,
    asks boolean NOT NULL,
    said text NOT NULL,
    at timestamptz NOT NULL,
    by text NOT NULL,
    by_user_id bigint,
    by_employee_id bigint REFERENCES people_employee,
    CONSTRAINT deals_message_side_known CHECK (side IN ('employee', 'employer')),
    CONSTRAINT deals_message_something_said CHECK (char_length(said) BETWEEN 1 AND 10000)
);
CREATE INDEX deals_message_deal_id_id_idx ON deals_message (deal_id, id);
CREATE TRIGGER deals_message_only_added BEFORE UPDATE OR DELETE ON deals_message
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE deals_adviser (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    deal_id uuid NOT NULL REFERENCES deals_deal,
    employee_id bigint NOT NULL REFERENCES people_employee,
    invited_at timestamptz NOT NULL,
    invited_by text NOT NULL,
    removed_at timestamptz,
    removed_by text,
    CONSTRAINT deals_adviser_removed_whole CHECK ((removed_at IS NULL) = (removed_by IS NULL))
);
CREATE UNIQUE INDEX deals_adviser_beside ON deals_adviser (deal_id, employee_id)
    WHERE removed_at IS NULL;
CREATE INDEX deals_adviser_of_person ON deals_adviser (employee_id) WHERE removed_at IS NULL;

-- Who advised, and until when, is history: an adviser can only be removed, once.
CREATE FUNCTION deals_adviser_only_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.removed_at IS NULL
        AND to_jsonb(OLD) - '{removed_at,removed_by}'::text[]
          = to_jsonb(NEW) - '{removed_at,removed_by}'::text[]
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an adviser can only be removed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER deals_adviser_only_removed BEFORE UPDATE OR DELETE ON deals_adviser
    FOR EACH ROW EXECUTE FUNCTION deals_adviser_only_removed();

CREATE TABLE deals_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    deal_id uuid NOT NULL REFERENCES deals_deal,
    at timestamptz NOT NULL,
    act text NOT NULL,
    by text NOT NULL,
    by_user_id bigint,
    by_employee_id bigint REFERENCES people_employee,
    side text,
    offer smallint,
    to_id bigint REFERENCES people_employee,
    why text
);
CREATE INDEX deals_event_deal_id_id_idx ON deals_event (deal_id, id);
CREATE TRIGGER deals_event_only_added BEFORE UPDATE OR DELETE ON deals_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE deals_evaluation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    deal_id uuid NOT NULL REFERENCES deals_deal,
    number smallint NOT NULL,
    side text NOT NULL,
    answers jsonb NOT NULL,
    at timestamptz NOT NULL,
    by text NOT NULL,
    by_user_id bigint,
    by_employee_id bigint REFERENCES people_employee,
    CONSTRAINT deals_evaluation_deal_id_number_side_key UNIQUE (deal_id, number, side),
    CONSTRAINT deals_evaluation_side_known CHECK (side IN ('employee', 'employer')),
    CONSTRAINT deals_evaluation_number_counts CHECK (number > 0)
);
CREATE TRIGGER deals_evaluation_only_added BEFORE UPDATE OR DELETE ON deals_evaluation
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""

HR = f"""
CREATE TABLE deals_clause (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL,
    says jsonb NOT NULL,
    kinds text[] NOT NULL,
    formula text NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL,
    changed_by_user_id bigint,
    superseded_at timestamptz,
    superseded_by text,
    CONSTRAINT deals_clause_kinds_known CHECK (cardinality(kinds) > 0 AND kinds <@ {TERM_KINDS})
);
CREATE UNIQUE INDEX deals_clause_in_force ON deals_clause (code) WHERE superseded_at IS NULL;

CREATE TABLE deals_template (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL,
    names jsonb NOT NULL,
    says jsonb NOT NULL,
    text jsonb NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL,
    changed_by_user_id bigint,
    superseded_at timestamptz,
    superseded_by text
);
CREATE UNIQUE INDEX deals_template_in_force ON deals_template (code) WHERE superseded_at IS NULL;
"""


def _approvals_know(kinds: str) -> str:
    return f"""
    ALTER TABLE approvals_policy
        DROP CONSTRAINT approvals_policy_kind_known,
        ADD CONSTRAINT approvals_policy_kind_known CHECK (kind = ANY ({kinds}));
    ALTER TABLE approvals_approval
        DROP CONSTRAINT approvals_approval_kind_known,
        ADD CONSTRAINT approvals_approval_kind_known CHECK (kind = ANY ({kinds}));
    ALTER TABLE approvals_delegation
        DROP CONSTRAINT approvals_delegation_kinds_known,
        ADD CONSTRAINT approvals_delegation_kinds_known CHECK (
            kinds IS NULL OR (cardinality(kinds) > 0 AND kinds <@ {kinds}));
    """


def upgrade() -> None:
    op.execute(DEALS + OFFERS + BESIDE + HR + _approvals_know(KINDS_NOW))


def downgrade() -> None:
    op.execute(
        """
        DROP TABLE deals_template, deals_clause, deals_evaluation, deals_event, deals_adviser,
            deals_message, deals_draft, deals_letter, deals_acceptance, deals_offer, deals_deal;
        DROP FUNCTION deals_adviser_only_removed, deals_acceptance_of_last, deals_deal_goes_on;
        """
        + _approvals_know(KINDS)
    )
