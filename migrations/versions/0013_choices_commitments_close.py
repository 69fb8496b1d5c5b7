"""access: when somebody last proved who they are; shop: choices, commitments, close"""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE access_session ADD COLUMN proved_at timestamptz;
        UPDATE access_session SET proved_at = created_at;
        ALTER TABLE access_session ALTER COLUMN proved_at SET NOT NULL;

        CREATE TABLE shop_choice (
            id uuid NOT NULL,
            employee_id bigint NOT NULL,
            scheme text NOT NULL,
            product text NOT NULL,
            position integer NOT NULL,
            mode text NOT NULL,
            amount numeric,
            from_month integer NOT NULL,
            until_month integer,
            state text NOT NULL,
            version integer NOT NULL DEFAULT 1,
            last_month integer,
            last_outcome text,
            last_order_id uuid,
            last_code text,
            last_reason text,
            last_data jsonb,
            created_at timestamptz NOT NULL,
            changed_at timestamptz NOT NULL,
            CONSTRAINT shop_choice_pkey PRIMARY KEY (id),
            CONSTRAINT shop_choice_employee_id_fkey
                FOREIGN KEY (employee_id) REFERENCES people_employee (id),
            CONSTRAINT shop_choice_mode_known CHECK (mode IN ('quantity', 'percent', 'rest')),
            CONSTRAINT shop_choice_state_known CHECK (state IN ('active', 'paused', 'ended')),
            CONSTRAINT shop_choice_outcome_known
                CHECK (last_outcome IN ('ordered', 'nothing', 'failed')),
            CONSTRAINT shop_choice_amount_of_mode CHECK (
                CASE mode WHEN 'rest' THEN amount IS NULL
                          WHEN 'percent' THEN amount > 0 AND amount <= 100
                          ELSE amount > 0 END
            ),
            CONSTRAINT shop_choice_ends_after_it_begins CHECK (until_month >= from_month)
        );
        CREATE INDEX shop_choice_of_employee ON shop_choice (employee_id, position);
        CREATE INDEX shop_choice_active ON shop_choice (scheme) WHERE state = 'active';

        CREATE TABLE shop_commitment (
            id uuid NOT NULL,
            employee_id bigint NOT NULL,
            scheme text NOT NULL,
            product text NOT NULL,
            paid_from text NOT NULL,
            first_month integer NOT NULL,
            months integer NOT NULL,
            last_month integer NOT NULL,
            divided boolean NOT NULL,
            price_minor bigint NOT NULL,
            addition_minor bigint NOT NULL,
            early_end boolean NOT NULL,
            leaving text NOT NULL,
            started_at timestamptz NOT NULL,
            ended_at timestamptz,
            ended_because text,
            CONSTRAINT shop_commitment_pkey PRIMARY KEY (id),
            CONSTRAINT shop_commitment_id_fkey FOREIGN KEY (id) REFERENCES shop_order (id),
            CONSTRAINT shop_commitment_employee_id_fkey
                FOREIGN KEY (employee_id) REFERENCES people_employee (id),
            CONSTRAINT shop_commitment_sensible
                CHECK (months > 0 AND price_minor >= 0 AND addition_minor >= 0),
            CONSTRAINT shop_commitment_leaving_known CHECK (leaving IN ('pay_rest', 'end')),
            CONSTRAINT shop_commitment_ended_because_known
                CHECK (ended_because IN ('early', 'leaving', 'cancelled')),
            CONSTRAINT shop_commitment_ended_whole
                CHECK ((ended_because IS NULL) = (ended_at IS NULL))
        );
        CREATE INDEX shop_commitment_of_employee ON shop_commitment (employee_id);
        CREATE INDEX shop_commitment_of_scheme ON shop_commitment (scheme, last_month);

        CREATE TABLE shop_charge (
            commitment_id uuid NOT NULL,
            month integer NOT NULL,
            rest boolean NOT NULL,
            charged_minor bigint NOT NULL,
            shortfall_minor bigint NOT NULL,
            addition_minor bigint NOT NULL,
            charged_at timestamptz NOT NULL,
            reversed_at timestamptz,
            reversed_in integer,
            CONSTRAINT shop_charge_pkey PRIMARY KEY (commitment_id, month, rest),
            CONSTRAINT shop_charge_commitment_id_fkey
                FOREIGN KEY (commitment_id) REFERENCES shop_commitment (id),
            CONSTRAINT shop_charge_sensible CHECK (
                charged_minor >= 0 AND shortfall_minor BETWEEN 0 AND charged_minor
                AND addition_minor >= 0
            ),
            CONSTRAINT shop_charge_reversed_whole
                CHECK ((reversed_at IS NULL) = (reversed_in IS NULL))
        );
        CREATE INDEX shop_charge_reversed ON shop_charge (reversed_in)
            WHERE reversed_in IS NOT NULL;
        CREATE INDEX shop_charge_month_idx ON shop_charge (month);

        CREATE TABLE shop_death (
            employee_id bigint NOT NULL,
            noted_at timestamptz NOT NULL,
            noted_by text NOT NULL,
            CONSTRAINT shop_death_pkey PRIMARY KEY (employee_id),
            CONSTRAINT shop_death_employee_id_fkey
                FOREIGN KEY (employee_id) REFERENCES people_employee (id)
        );

        CREATE TABLE shop_reminder (
            scheme text NOT NULL,
            last_day date NOT NULL,
            days integer NOT NULL,
            begun_at timestamptz NOT NULL,
            CONSTRAINT shop_reminder_pkey PRIMARY KEY (scheme, last_day, days)
        );
        """
    )


def downgrade() -> None:
    op.execute(
        """
        DROP TABLE shop_reminder, shop_death, shop_charge, shop_commitment, shop_choice;
        ALTER TABLE access_session DROP COLUMN proved_at;
        """
    )
