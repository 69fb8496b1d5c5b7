"""what deals in force do: dated personal parts of budgets, money terms, bonuses"""

from alembic import op

revision = "0021"
down_revision = "0020"

PARTS = """
CREATE TABLE budgets_personal_part (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    employee_id bigint NOT NULL REFERENCES people_employee,
    source text NOT NULL,
    code text NOT NULL,
    amount_minor bigint NOT NULL,
    from_month integer NOT NULL,
    through_month integer,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    superseded_at timestamptz,
    CONSTRAINT budgets_personal_part_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT budgets_personal_part_code_apart CHECK (code ~ '^[a-z]+[.][0-9]+$'),
    CONSTRAINT budgets_personal_part_from_is_month CHECK (from_month % 100 BETWEEN 1 AND 12),
    CONSTRAINT budgets_personal_part_through_is_month CHECK (through_month % 100 BETWEEN 1 AND 12),
    CONSTRAINT budgets_personal_part_ordered CHECK (through_month >= from_month),
    CONSTRAINT budgets_personal_part_superseded_later CHECK (superseded_at >= recorded_at)
);
CREATE INDEX budgets_personal_part_of ON budgets_personal_part (employee_id, from_month);
CREATE INDEX budgets_personal_part_source ON budgets_personal_part (source)
    WHERE superseded_at IS NULL;

CREATE FUNCTION budgets_personal_part_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL
       AND (OLD.id, OLD.employee_id, OLD.source, OLD.code, OLD.amount_minor, OLD.from_month,
            OLD.through_month, OLD.recorded_at, OLD.recorded_by)
           IS NOT DISTINCT FROM
           (NEW.id, NEW.employee_id, NEW.source, NEW.code, NEW.amount_minor, NEW.from_month,
            NEW.through_month, NEW.recorded_at, NEW.recorded_by) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a personal part is only superseded, never changed or deleted'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER budgets_personal_part_kept BEFORE UPDATE OR DELETE ON budgets_personal_part
    FOR EACH ROW EXECUTE FUNCTION budgets_personal_part_kept();
"""

MONEY = """
CREATE TABLE deals_money (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    deal_id uuid NOT NULL,
    offer smallint NOT NULL,
    place smallint NOT NULL,
    way text NOT NULL,
    into_account text NOT NULL,
    amount_minor bigint NOT NULL,
    from_month integer NOT NULL,
    through_month integer,
    stopped_after integer,
    granted_minor bigint NOT NULL DEFAULT 0,
    settlements smallint NOT NULL DEFAULT 0,
    next_on date,
    CONSTRAINT deals_money_deal_id_offer_place_key UNIQUE (deal_id, offer, place),
    CONSTRAINT deals_money_deal_id_offer_fkey
        FOREIGN KEY (deal_id, offer) REFERENCES deals_offer (deal_id, number),
    CONSTRAINT deals_money_way_known CHECK (way IN ('grant', 'part')),
    CONSTRAINT deals_money_into_known CHECK (into_account IN ('budget', 'development')),
    CONSTRAINT deals_money_parts_of_budget CHECK (way = 'grant' OR into_account = 'budget'),
    CONSTRAINT deals_money_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT deals_money_place_counts CHECK (place >= 0),
    CONSTRAINT deals_money_from_is_month CHECK (from_month % 100 BETWEEN 1 AND 12),
    CONSTRAINT deals_money_through_is_month CHECK (through_month % 100 BETWEEN 1 AND 12),
    CONSTRAINT deals_money_stopped_is_month CHECK (stopped_after % 100 BETWEEN 1 AND 12),
    CONSTRAINT deals_money_granted_not_negative CHECK (granted_minor >= 0),
    CONSTRAINT deals_money_ordered CHECK (through_month >= from_month)
);
CREATE INDEX deals_money_due ON deals_money (next_on, deal_id) WHERE next_on IS NOT NULL;
"""

BONUSES = """
CREATE TABLE deals_bonus (
    id uuid PRIMARY KEY,
    deal_id uuid NOT NULL,
    offer smallint NOT NULL,
    place smallint NOT NULL,
    employee_id bigint NOT NULL REFERENCES people_employee,
    paid_as text NOT NULL,
    due_month integer NOT NULL,
    amount_minor bigint NOT NULL,
    evidence text NOT NULL,
    state text NOT NULL,
    stated_at timestamptz NOT NULL,
    stated_by text NOT NULL,
    stated_by_user_id bigint,
    stated_by_employee_id bigint REFERENCES people_employee,
    decided_at timestamptz,
    paid_in integer,
    transfer_id uuid,
    CONSTRAINT deals_bonus_deal_id_offer_fkey
        FOREIGN KEY (deal_id, offer) REFERENCES deals_offer (deal_id, number),
    CONSTRAINT deals_bonus_paid_as_known CHECK (paid_as IN ('payroll', 'grant')),
    CONSTRAINT deals_bonus_state_known CHECK (state IN ('stated', 'approved', 'refused')),
    CONSTRAINT deals_bonus_amount_not_negative CHECK (amount_minor >= 0),
    CONSTRAINT deals_bonus_evidence_said CHECK (char_length(evidence) BETWEEN 1 AND 5000),
    CONSTRAINT deals_bonus_decided_whole CHECK ((state = 'stated') = (decided_at IS NULL)),
    CONSTRAINT deals_bonus_paid_when_approved CHECK (
        (paid_in IS NOT NULL) = (state = 'approved' AND amount_minor > 0)),
    CONSTRAINT deals_bonus_granted_whole CHECK (
        (transfer_id IS NOT NULL) = (paid_as = 'grant' AND paid_in IS NOT NULL)),
    CONSTRAINT deals_bonus_due_is_month CHECK (due_month % 100 BETWEEN 1 AND 12),
    CONSTRAINT deals_bonus_paid_is_month CHECK (paid_in % 100 BETWEEN 1 AND 12)
);
CREATE UNIQUE INDEX deals_bonus_once ON deals_bonus (deal_id, offer, place)
    WHERE state <> 'refused';
CREATE INDEX deals_bonus_to_payroll ON deals_bonus (paid_in)
    WHERE paid_as = 'payroll' AND paid_in IS NOT NULL;
CREATE INDEX deals_bonus_employee_id_idx ON deals_bonus (employee_id);
"""

HOURS = """
CREATE TABLE people_hours_overlay (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    employee_id bigint NOT NULL REFERENCES people_employee,
    source text NOT NULL,
    from_day date NOT NULL,
    through_day date,
    weekly_hours numeric(6,3) NOT NULL,
    part_time_factor numeric(7,6) NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    superseded_at timestamptz,
    CONSTRAINT people_hours_overlay_hours_positive CHECK (weekly_hours > 0),
    CONSTRAINT people_hours_overlay_factor_in_range
        CHECK (part_time_factor > 0 AND part_time_factor <= 1.5),
    CONSTRAINT people_hours_overlay_ordered CHECK (through_day >= from_day),
    CONSTRAINT people_hours_overlay_superseded_later CHECK (superseded_at >= recorded_at)
);
CREATE INDEX people_hours_overlay_of ON people_hours_overlay (employee_id, from_day);
CREATE INDEX people_hours_overlay_source ON people_hours_overlay (source)
    WHERE superseded_at IS NULL;

CREATE FUNCTION people_hours_overlay_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL
       AND to_jsonb(OLD) - 'superseded_at' = to_jsonb(NEW) - 'superseded_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'changed hours are only superseded, never changed or deleted'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER people_hours_overlay_kept BEFORE UPDATE OR DELETE ON people_hours_overlay
    FOR EACH ROW EXECUTE FUNCTION people_hours_overlay_kept();

CREATE TABLE deals_hours (
    deal_id uuid NOT NULL,
    offer smallint NOT NULL,
    minutes integer NOT NULL,
    from_day date NOT NULL,
    through_day date,
    stopped_after date,
    next_on date,
    PRIMARY KEY (deal_id, offer),
    CONSTRAINT deals_hours_deal_id_offer_fkey
        FOREIGN KEY (deal_id, offer) REFERENCES deals_offer (deal_id, number),
    CONSTRAINT deals_hours_minutes_positive CHECK (minutes > 0),
    CONSTRAINT deals_hours_ordered CHECK (through_day >= from_day)
);
CREATE INDEX deals_hours_due ON deals_hours (next_on, deal_id) WHERE next_on IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(PARTS + MONEY + BONUSES + HOURS)


def downgrade() -> None:
    op.execute(
        """
        DROP TABLE deals_hours, people_hours_overlay, deals_bonus, deals_money,
            budgets_personal_part;
        DROP FUNCTION people_hours_overlay_kept, budgets_personal_part_kept;
        """
    )
