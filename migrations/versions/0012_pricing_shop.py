"""pricing and shop: quotes, orders, evidence, how many people chose a product; the month's lock"""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute(
        """
        -- Keeps a month from its seal until the transaction ends, and answers its state: in a
        -- statement of its own, which sees what was sealed while the lock was waited for.
        CREATE FUNCTION ledger_keep_month(a_month integer) RETURNS text LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_advisory_xact_lock_shared(7301, a_month);
            RETURN (SELECT state FROM ledger_month WHERE month = a_month);
        END $$;

        CREATE TABLE pricing_quote (
            id uuid NOT NULL,
            token text NOT NULL,
            employee_id bigint NOT NULL,
            scheme text NOT NULL,
            scheme_version integer NOT NULL,
            product text NOT NULL,
            month integer NOT NULL,
            quantity numeric NOT NULL,
            unit_minor bigint NOT NULL,
            price_minor bigint NOT NULL,
            minutes bigint NOT NULL,
            addition_minor bigint NOT NULL,
            terms jsonb NOT NULL,
            steps jsonb NOT NULL,
            known_at timestamptz NOT NULL,
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            CONSTRAINT pricing_quote_pkey PRIMARY KEY (id),
            CONSTRAINT pricing_quote_token_key UNIQUE (token),
            CONSTRAINT pricing_quote_employee_id_fkey
                FOREIGN KEY (employee_id) REFERENCES people_employee (id),
            CONSTRAINT pricing_quote_quantity_positive CHECK (quantity > 0),
            CONSTRAINT pricing_quote_nothing_below_zero CHECK (
                unit_minor >= 0 AND price_minor >= 0 AND minutes >= 0 AND addition_minor >= 0
            ),
            CONSTRAINT pricing_quote_expires_later CHECK (expires_at > created_at)
        );
        CREATE INDEX pricing_quote_expires_at_idx ON pricing_quote (expires_at);

        CREATE TABLE shop_order (
            id uuid NOT NULL,
            number bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
            employee_id bigint NOT NULL,
            scheme text NOT NULL,
            scheme_version integer NOT NULL,
            product text NOT NULL,
            kind text NOT NULL,
            unit text NOT NULL,
            tax text NOT NULL,
            paid_from text NOT NULL,
            month integer NOT NULL,
            quantity numeric NOT NULL,
            unit_minor bigint NOT NULL,
            price_minor bigint NOT NULL,
            minutes bigint NOT NULL,
            addition_minor bigint NOT NULL,
            steps jsonb NOT NULL,
            commitment jsonb,
            cancellation text NOT NULL,
            last_day date NOT NULL,
            scarce boolean NOT NULL,
            state text NOT NULL,
            waits_for text[] NOT NULL DEFAULT '{}',
            quote_id uuid,
            choice_id uuid,
            approval_id uuid,
            check_id uuid,
            hold_transfer uuid,
            money_transfer uuid,
            minutes_transfer uuid,
            ordered_at timestamptz NOT NULL,
            ordered_by text NOT NULL,
            ordered_by_user_id bigint,
            decided_at timestamptz,
            decided_by text,
            decided_by_user_id bigint,
            reason text,
            CONSTRAINT shop_order_pkey PRIMARY KEY (id),
            CONSTRAINT shop_order_number_key UNIQUE (number),
            CONSTRAINT shop_order_employee_id_fkey
                FOREIGN KEY (employee_id) REFERENCES people_employee (id),
            CONSTRAINT shop_order_state_known
                CHECK (state IN ('held', 'posted', 'refused', 'released', 'cancelled')),
            CONSTRAINT shop_order_paid_from_known
                CHECK (paid_from IN ('budget', 'savings', 'development')),
            CONSTRAINT shop_order_nothing_below_zero CHECK (
                quantity > 0 AND unit_minor >= 0 AND price_minor >= 0 AND minutes >= 0
                AND addition_minor >= 0
            ),
            CONSTRAINT shop_order_held_while_it_waits CHECK (
                (state = 'held') = (cardinality(waits_for) > 0)
                AND waits_for <@ ARRAY['evidence', 'check', 'approval']
            ),
            CONSTRAINT shop_order_ended_by_somebody CHECK (
                state IN ('held', 'posted') OR (decided_at IS NOT NULL AND decided_by IS NOT NULL)
            ),
            CONSTRAINT shop_order_refused_with_a_reason CHECK (state <> 'refused' OR reason <> '')
        );
        CREATE UNIQUE INDEX shop_order_quote_used_once ON shop_order (quote_id);
        CREATE INDEX shop_order_of_employee ON shop_order (employee_id, product, month);
        CREATE INDEX shop_order_of_quota ON shop_order (scheme, product, month)
            WHERE scarce AND state IN ('held', 'posted');
        CREATE INDEX shop_order_of_month ON shop_order (month, state, employee_id);

        -- What was agreed stays: an order is decided, cancelled, reversed; never another order.
        CREATE FUNCTION shop_keep_order() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'order % stays as it was placed', OLD.number
                USING ERRCODE = 'restrict_violation';
        END $$;
        CREATE TRIGGER shop_order_as_placed BEFORE UPDATE ON shop_order
            FOR EACH ROW WHEN (
                (OLD.id, OLD.number, OLD.employee_id, OLD.scheme, OLD.product, OLD.month,
                 OLD.quantity, OLD.unit_minor, OLD.price_minor, OLD.minutes, OLD.paid_from,
                 OLD.kind, OLD.ordered_at)
                IS DISTINCT FROM
                (NEW.id, NEW.number, NEW.employee_id, NEW.scheme, NEW.product, NEW.month,
                 NEW.quantity, NEW.unit_minor, NEW.price_minor, NEW.minutes, NEW.paid_from,
                 NEW.kind, NEW.ordered_at)
                OR NEW.quote_id IS DISTINCT FROM OLD.quote_id
                OR (NEW.state IS DISTINCT FROM OLD.state
                    AND OLD.state IN ('refused', 'released', 'cancelled'))
            ) EXECUTE FUNCTION shop_keep_order();
        CREATE TRIGGER shop_order_not_deleted BEFORE DELETE ON shop_order
            FOR EACH ROW EXECUTE FUNCTION shop_keep_order();

        CREATE TABLE shop_evidence (
            id uuid NOT NULL,
            order_id uuid NOT NULL,
            file_name text NOT NULL,
            media_type text NOT NULL,
            size integer NOT NULL,
            digest text NOT NULL,
            content bytea NOT NULL,
            uploaded_at timestamptz NOT NULL,
            uploaded_by text NOT NULL,
            checked_at timestamptz,
            CONSTRAINT shop_evidence_pkey PRIMARY KEY (id),
            CONSTRAINT shop_evidence_order_id_fkey
                FOREIGN KEY (order_id) REFERENCES shop_order (id),
            CONSTRAINT shop_evidence_media_type_known
                CHECK (media_type IN ('application/pdf', 'image/png', 'image/jpeg')),
            CONSTRAINT shop_evidence_size_bounded
                CHECK (octet_length(content) BETWEEN 1 AND 5242880)
        );
        CREATE INDEX shop_evidence_order_id_idx ON shop_evidence (order_id);

        CREATE TABLE shop_chosen (
            scheme text NOT NULL,
            product text NOT NULL,
            people integer NOT NULL,
            orders bigint NOT NULL,
            total_minor bigint NOT NULL,
            counted_at timestamptz NOT NULL,
            CONSTRAINT shop_chosen_pkey PRIMARY KEY (scheme, product)
        );
        """
    )


def downgrade() -> None:
    op.execute(
        """
        DROP TABLE shop_chosen, shop_evidence, shop_order, pricing_quote;
        DROP FUNCTION shop_keep_order();
        DROP FUNCTION ledger_keep_month(integer);
        """
    )
