"""deals afterwards: rounds of looking back, breaches, endings, life events"""

from alembic import op

revision = "0022"
down_revision = "0021"

LOOKING_BACK = """
ALTER TABLE deals_deal
    ADD COLUMN reminded_through date,
    ADD COLUMN unit_id bigint REFERENCES people_unit;
CREATE INDEX deals_deal_evaluated ON deals_deal (evaluate_on, id)
    WHERE state = 'in_force' AND evaluate_on IS NOT NULL;
ALTER TABLE deals_evaluation
    ADD COLUMN offer smallint NOT NULL,
    ADD COLUMN due_on date NOT NULL,
    ADD CONSTRAINT deals_evaluation_deal_id_offer_due_on_side_key
        UNIQUE (deal_id, offer, due_on, side),
    ADD CONSTRAINT deals_evaluation_deal_id_offer_fkey
        FOREIGN KEY (deal_id, offer) REFERENCES deals_offer (deal_id, number);

CREATE TABLE deals_breach (
    id uuid PRIMARY KEY,
    deal_id uuid NOT NULL REFERENCES deals_deal,
    offer smallint NOT NULL,
    side text NOT NULL,
    said text NOT NULL,
    state text NOT NULL,
    hr_on date NOT NULL,
    at timestamptz NOT NULL,
    by text NOT NULL,
    by_user_id bigint,
    by_employee_id bigint REFERENCES people_employee,
    answer text,
    answered_at timestamptz,
    answered_by text,
    over_at timestamptz,
    over_by text,
    CONSTRAINT deals_breach_deal_id_offer_fkey
        FOREIGN KEY (deal_id, offer) REFERENCES deals_offer (deal_id, number),
    CONSTRAINT deals_breach_side_known CHECK (side IN ('employee', 'employer')),
    CONSTRAINT deals_breach_state_known
        CHECK (state IN ('named', 'answered', 'settled', 'with_hr', 'closed')),
    CONSTRAINT deals_breach_something_said CHECK (char_length(said) BETWEEN 1 AND 5000),
    CONSTRAINT deals_breach_answered_whole CHECK ((answer IS NULL) = (answered_at IS NULL)),
    CONSTRAINT deals_breach_over_whole CHECK (
        (state IN ('settled', 'closed')) = (over_at IS NOT NULL)
        AND (over_at IS NULL) = (over_by IS NULL))
);
CREATE INDEX deals_breach_deal_id_at_idx ON deals_breach (deal_id, at);
CREATE INDEX deals_breach_open ON deals_breach (deal_id, hr_on)
    WHERE state IN ('named', 'answered');

-- What was named stays as it was said, an answer once given too, and what is over stays over.
CREATE FUNCTION deals_breach_goes_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.over_at IS NULL
        AND (OLD.answer IS NULL OR (OLD.answer, OLD.answered_at, OLD.answered_by)
             IS NOT DISTINCT FROM (NEW.answer, NEW.answered_at, NEW.answered_by))
        AND to_jsonb(OLD) - '{state,answer,answered_at,answered_by,over_at,over_by}'::text[]
          = to_jsonb(NEW) - '{state,answer,answered_at,answered_by,over_at,over_by}'::text[]
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'what was named as a breach stays' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER deals_breach_goes_on BEFORE UPDATE OR DELETE ON deals_breach
    FOR EACH ROW EXECUTE FUNCTION deals_breach_goes_on();
"""

ENDING = """
CREATE TABLE deals_ending (
    id uuid PRIMARY KEY,
    deal_id uuid NOT NULL REFERENCES deals_deal,
    side text,
    last_day date NOT NULL,
    reason text NOT NULL,
    state text NOT NULL,
    answer_by date NOT NULL,
    at timestamptz NOT NULL,
    by text NOT NULL,
    by_user_id bigint,
    by_employee_id bigint REFERENCES people_employee,
    answer text,
    answered_at timestamptz,
    answered_by text,
    CONSTRAINT deals_ending_side_known CHECK (side IN ('employee', 'employer')),
    CONSTRAINT deals_ending_state_known
        CHECK (state IN ('asked', 'agreed', 'objected', 'taken_back', 'unanswered')),
    CONSTRAINT deals_ending_with_a_reason CHECK (char_length(reason) BETWEEN 1 AND 5000),
    CONSTRAINT deals_ending_answered_whole CHECK ((state = 'asked') = (answered_at IS NULL))
);
CREATE UNIQUE INDEX deals_ending_one_asked ON deals_ending (deal_id) WHERE state = 'asked';
CREATE INDEX deals_ending_deal_id_at_idx ON deals_ending (deal_id, at);

-- Answered once.
CREATE FUNCTION deals_ending_answered_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.answered_at IS NULL
        AND to_jsonb(OLD) - '{state,answer,answered_at,answered_by}'::text[]
          = to_jsonb(NEW) - '{state,answer,answered_at,answered_by}'::text[]
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'that a side wanted to end a deal stays'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER deals_ending_answered_once BEFORE UPDATE OR DELETE ON deals_ending
    FOR EACH ROW EXECUTE FUNCTION deals_ending_answered_once();
"""

LIFE = """
CREATE TABLE deals_life_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    deal_id uuid NOT NULL REFERENCES deals_deal,
    kind text NOT NULL,
    "on" date NOT NULL,
    at timestamptz NOT NULL,
    employee_says text,
    employer_says text,
    settled_at timestamptz,
    CONSTRAINT deals_life_event_deal_id_kind_on_key UNIQUE (deal_id, kind, "on"),
    CONSTRAINT deals_life_event_kind_known
        CHECK (kind IN ('new_manager', 'unit_moved', 'long_sickness', 'leaving')),
    CONSTRAINT deals_life_event_answers_known CHECK (
        employee_says IN ('continue', 'change', 'end')
        AND employer_says IN ('continue', 'change', 'end'))
);
CREATE TABLE deals_life_seen (
    id smallint PRIMARY KEY,
    recorded_at timestamptz NOT NULL,
    day date NOT NULL,
    CONSTRAINT deals_life_seen_one CHECK (id = 1)
);
"""


def upgrade() -> None:
    op.execute(LOOKING_BACK + ENDING + LIFE)


def downgrade() -> None:
    op.execute(
        """
        DROP TABLE deals_life_seen, deals_life_event, deals_ending, deals_breach;
        DROP FUNCTION deals_breach_goes_on, deals_ending_answered_once;
        ALTER TABLE deals_evaluation DROP COLUMN offer, DROP COLUMN due_on;
        DROP INDEX deals_deal_evaluated;
        ALTER TABLE deals_deal DROP COLUMN reminded_through, DROP COLUMN unit_id;
        """
    )
