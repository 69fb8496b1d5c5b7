"""price rules and their versions, bounds of products, indicators by month, price lists"""

from alembic import op

revision = "0024"
down_revision = "0023"

KINDS = "ARRAY['order', 'deal', 'evidence', 'todo', 'check', 'contest']"
KINDS_NOW = "ARRAY['order', 'deal', 'price_rule', 'evidence', 'todo', 'check', 'contest']"

RULES = """
CREATE TABLE pricing_rule (
    id uuid PRIMARY KEY,
    number bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    code text NOT NULL,
    scheme text NOT NULL,
    state text NOT NULL,
    version integer NOT NULL DEFAULT 1,
    text_number smallint NOT NULL,
    from_month integer NOT NULL,
    through_month integer,
    last_month integer,
    next_on date,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    created_by_user_id bigint,
    submitted_at timestamptz,
    submitted_by text,
    submitted_by_user_id bigint,
    approval_id uuid,
    approved_at timestamptz,
    approved_by text,
    approved_by_user_id bigint,
    ended_at timestamptz,
    ended_by text,
    reason text,
    CONSTRAINT pricing_rule_number_key UNIQUE (number),
    CONSTRAINT pricing_rule_code_key UNIQUE (code),
    CONSTRAINT pricing_rule_code_plain CHECK (code ~ '^[a-z0-9_]{1,60}$'),
    CONSTRAINT pricing_rule_state_known CHECK (state IN (
        'draft', 'submitted', 'refused', 'scheduled', 'in_force', 'ended', 'withdrawn')),
    CONSTRAINT pricing_rule_months_ordered CHECK (
        through_month >= from_month AND (last_month <= through_month OR through_month IS NULL)),
    CONSTRAINT pricing_rule_submitted_by_somebody
        CHECK (state = 'draft' OR state = 'withdrawn' OR submitted_at IS NOT NULL),
    CONSTRAINT pricing_rule_holds_once_approved
        CHECK (state NOT IN ('scheduled', 'in_force', 'ended')
               OR (approved_at IS NOT NULL AND approved_by_user_id IS NOT NULL)),
    CONSTRAINT pricing_rule_approved_by_another
        CHECK (approved_by_user_id <> submitted_by_user_id
               AND approved_by_user_id <> created_by_user_id),
    CONSTRAINT pricing_rule_ended_once CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE INDEX pricing_rule_live ON pricing_rule (scheme) WHERE state IN ('scheduled', 'in_force');
CREATE INDEX pricing_rule_due ON pricing_rule (next_on) WHERE next_on IS NOT NULL;

CREATE TABLE pricing_rule_version (
    rule_id uuid NOT NULL REFERENCES pricing_rule,
    number smallint NOT NULL,
    plain jsonb NOT NULL,
    digest text NOT NULL,
    at timestamptz NOT NULL,
    by text NOT NULL,
    by_user_id bigint,
    PRIMARY KEY (rule_id, number),
    CONSTRAINT pricing_rule_version_number_positive CHECK (number > 0),
    CONSTRAINT pricing_rule_version_digest_is_sha256 CHECK (digest ~ '^[0-9a-f]{64}$')
);

CREATE FUNCTION pricing_rule_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.id <> OLD.id OR (OLD.submitted_at IS NOT NULL AND (
       NEW.code <> OLD.code OR NEW.scheme <> OLD.scheme)) THEN
        RAISE EXCEPTION 'a price rule keeps its name and is never deleted'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.approved_at IS NOT NULL AND (
        (NEW.text_number, NEW.from_month, NEW.through_month, NEW.scheme, NEW.approved_at,
         NEW.approved_by_user_id, NEW.submitted_by_user_id)
        IS DISTINCT FROM
        (OLD.text_number, OLD.from_month, OLD.through_month, OLD.scheme, OLD.approved_at,
         OLD.approved_by_user_id, OLD.submitted_by_user_id)
        OR NEW.state IN ('draft', 'submitted', 'refused')) THEN
        RAISE EXCEPTION 'an approved price rule is never changed, only ended'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state IN ('ended', 'withdrawn') AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'a price rule that is over stays over'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.approved_by_user_id IS NOT NULL AND OLD.approved_by_user_id IS NULL AND EXISTS (
        SELECT FROM pricing_rule_version
         WHERE rule_id = NEW.id AND by_user_id = NEW.approved_by_user_id) THEN
        RAISE EXCEPTION 'who wrote a price rule does not approve it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'pricing_rule_approved_by_another';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER pricing_rule_kept BEFORE UPDATE OR DELETE ON pricing_rule
    FOR EACH ROW EXECUTE FUNCTION pricing_rule_kept();

CREATE FUNCTION pricing_rule_version_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND EXISTS (
        SELECT FROM pricing_rule WHERE id = NEW.rule_id AND state = 'draft') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'versions of price rules are only added, and only to drafts'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER pricing_rule_version_kept BEFORE INSERT OR UPDATE OR DELETE ON pricing_rule_version
    FOR EACH ROW EXECUTE FUNCTION pricing_rule_version_kept();
"""

BOUNDS = """
CREATE TABLE pricing_bounds (
    scheme text NOT NULL,
    product text NOT NULL,
    least_minor bigint,
    most_minor bigint,
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL,
    PRIMARY KEY (scheme, product),
    CONSTRAINT pricing_bounds_ordered CHECK (
        least_minor >= 0 AND most_minor >= 0 AND most_minor >= least_minor)
);
"""

INDICATORS = """
CREATE TABLE pricing_indicator (
    code text PRIMARY KEY,
    name jsonb NOT NULL,
    unit text NOT NULL,
    version integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL,
    CONSTRAINT pricing_indicator_code_plain CHECK (code ~ '^[a-z0-9_]{1,40}$')
);

CREATE TABLE pricing_indicator_value (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL REFERENCES pricing_indicator,
    month integer NOT NULL,
    value numeric NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    superseded_at timestamptz,
    CONSTRAINT pricing_indicator_value_finite
        CHECK (value NOT IN ('NaN', 'Infinity', '-Infinity')),
    CONSTRAINT pricing_indicator_value_superseded_later CHECK (superseded_at >= recorded_at)
);
CREATE UNIQUE INDEX pricing_indicator_value_now ON pricing_indicator_value (code, month)
    WHERE superseded_at IS NULL;

CREATE FUNCTION pricing_indicator_value_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL
       AND to_jsonb(OLD) - 'superseded_at' = to_jsonb(NEW) - 'superseded_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'what was known of an indicator is superseded, never changed or deleted'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER pricing_indicator_value_kept BEFORE UPDATE OR DELETE ON pricing_indicator_value
    FOR EACH ROW EXECUTE FUNCTION pricing_indicator_value_kept();
"""

LISTS = """
CREATE TABLE pricing_list (
    id uuid PRIMARY KEY,
    scheme text NOT NULL,
    product text NOT NULL,
    month integer NOT NULL,
    published_at timestamptz NOT NULL,
    published_by text NOT NULL,
    holds jsonb NOT NULL,
    CONSTRAINT pricing_list_scheme_month_product_key UNIQUE (scheme, month, product)
);

CREATE FUNCTION pricing_list_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a published price list is never changed or deleted'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER pricing_list_kept BEFORE UPDATE OR DELETE ON pricing_list
    FOR EACH ROW EXECUTE FUNCTION pricing_list_kept();
CREATE TRIGGER pricing_list_not_emptied BEFORE TRUNCATE ON pricing_list
    FOR EACH STATEMENT EXECUTE FUNCTION pricing_list_kept();
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
    op.execute(RULES + BOUNDS + INDICATORS + LISTS + _approvals_know(KINDS_NOW))


def downgrade() -> None:
    op.execute(
        """
        DROP TABLE pricing_list, pricing_indicator_value, pricing_indicator, pricing_bounds,
            pricing_rule_version, pricing_rule;
        DROP FUNCTION pricing_list_kept, pricing_indicator_value_kept, pricing_rule_version_kept,
            pricing_rule_kept;
        """
        + _approvals_know(KINDS)
    )
