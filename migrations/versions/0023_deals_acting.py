"""what terms of deals in force do: leave, costs that the employee pays, days of the week"""

from alembic import op

revision = "0023"
down_revision = "0022"

LEAVE = """
CREATE TABLE people_agreed_leave (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    employee_id bigint NOT NULL REFERENCES people_employee,
    source text NOT NULL,
    from_day date NOT NULL,
    through_day date NOT NULL,
    unpaid boolean NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    superseded_at timestamptz,
    CONSTRAINT people_agreed_leave_ordered CHECK (through_day >= from_day),
    CONSTRAINT people_agreed_leave_superseded_later CHECK (superseded_at >= recorded_at)
);
CREATE INDEX people_agreed_leave_of ON people_agreed_leave (employee_id, from_day);
CREATE INDEX people_agreed_leave_source ON people_agreed_leave (source)
    WHERE superseded_at IS NULL;

CREATE FUNCTION people_agreed_leave_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL
       AND to_jsonb(OLD) - 'superseded_at' = to_jsonb(NEW) - 'superseded_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'agreed leave is only superseded, never changed or deleted'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER people_agreed_leave_kept BEFORE UPDATE OR DELETE ON people_agreed_leave
    FOR EACH ROW EXECUTE FUNCTION people_agreed_leave_kept();
"""

CHARGES = """
CREATE TABLE deals_charge (
    deal_id uuid NOT NULL,
    offer smallint NOT NULL,
    place smallint NOT NULL,
    account text,
    course text,
    cost_minor bigint,
    from_day date NOT NULL,
    through_day date,
    minutes integer,
    salary_minor bigint,
    week_minutes integer,
    paid_through date,
    stopped_after date,
    charged_minor bigint NOT NULL DEFAULT 0,
    settlements smallint NOT NULL DEFAULT 0,
    short_said boolean NOT NULL DEFAULT false,
    next_on date,
    PRIMARY KEY (deal_id, offer, place),
    CONSTRAINT deals_charge_deal_id_offer_fkey
        FOREIGN KEY (deal_id, offer) REFERENCES deals_offer (deal_id, number),
    CONSTRAINT deals_charge_account_known
        CHECK (account IN ('budget', 'savings', 'development')),
    CONSTRAINT deals_charge_of_course_or_leave CHECK (
        (course IS NULL) = (through_day IS NOT NULL)
        AND (course IS NULL OR (account IS NOT NULL AND cost_minor > 0))),
    CONSTRAINT deals_charge_ordered CHECK (through_day >= from_day),
    CONSTRAINT deals_charge_minutes_positive CHECK (minutes > 0),
    CONSTRAINT deals_charge_charged_in_bounds CHECK (
        charged_minor BETWEEN 0 AND coalesce(cost_minor, 0))
);
CREATE INDEX deals_charge_due ON deals_charge (next_on, deal_id) WHERE next_on IS NOT NULL;

CREATE TABLE deals_week (
    deal_id uuid NOT NULL,
    offer smallint NOT NULL,
    days smallint NOT NULL,
    before smallint,
    from_day date NOT NULL,
    through_day date,
    stopped_after date,
    set_at timestamptz,
    put_back_at timestamptz,
    next_on date,
    PRIMARY KEY (deal_id, offer),
    CONSTRAINT deals_week_deal_id_offer_fkey
        FOREIGN KEY (deal_id, offer) REFERENCES deals_offer (deal_id, number),
    CONSTRAINT deals_week_some_day CHECK (days BETWEEN 1 AND 127 AND before BETWEEN 1 AND 127),
    CONSTRAINT deals_week_ordered CHECK (through_day >= from_day),
    CONSTRAINT deals_week_set_before CHECK (put_back_at >= set_at)
);
CREATE INDEX deals_week_due ON deals_week (next_on, deal_id) WHERE next_on IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(LEAVE + CHARGES)


def downgrade() -> None:
    op.execute(
        """
        DROP TABLE deals_week, deals_charge, people_agreed_leave;
        DROP FUNCTION people_agreed_leave_kept;
        """
    )
