"""ledger: accounts, transfers by month, holds, months and their seals

What the ledger promises is held here, by the database, whoever writes and however.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = """
CREATE TABLE ledger_account (
    id bigint GENERATED ALWAYS AS IDENTITY,
    employee_id bigint,
    posted_minor bigint,
    held_minor bigint,
    kind text NOT NULL,
    unit text NOT NULL,
    CONSTRAINT ledger_account_pkey PRIMARY KEY (id),
    CONSTRAINT ledger_account_employee_id_kind_unit_key
        UNIQUE NULLS NOT DISTINCT (employee_id, kind, unit),
    CONSTRAINT ledger_account_employee_id_fkey
        FOREIGN KEY (employee_id) REFERENCES people_employee (id),
    CONSTRAINT ledger_account_kind_known CHECK (
        kind IN ('budget', 'leave', 'savings', 'development', 'owed')
        OR (employee_id IS NULL AND kind IN ('pay_out', 'purchase'))
    ),
    -- The employer lends, and so owes nobody anything here.
    CONSTRAINT ledger_account_owed_by_employees CHECK (
        kind <> 'owed' OR employee_id IS NOT NULL
    ),
    CONSTRAINT ledger_account_unit_of_kind CHECK (
        CASE kind
            WHEN 'leave' THEN unit = 'MIN'
            WHEN 'owed' THEN unit IN ('EUR', 'MIN')
            ELSE unit = 'EUR'
        END
    ),
    -- Balances are stored only where a limit is checked: nobody queues for the employer's row.
    CONSTRAINT ledger_account_balance_of_employees CHECK (
        (posted_minor IS NOT NULL) = (employee_id IS NOT NULL)
        AND (held_minor IS NOT NULL) = (employee_id IS NOT NULL)
    ),
    CONSTRAINT ledger_account_never_overdrawn CHECK (
        CASE kind
            WHEN 'owed' THEN posted_minor <= 0 AND held_minor = 0
            ELSE held_minor >= 0 AND posted_minor - held_minor >= 0
        END
    )
)
-- A chunk raises every balance on a page at once: half a page free keeps that on the page.
WITH (fillfactor = 50);

CREATE TABLE ledger_month (
    month integer NOT NULL,
    state text NOT NULL DEFAULT 'open',
    row_count bigint,
    total_eur_minor bigint,
    total_min_minor bigint,
    previous_digest text,
    digest text,
    sealed_at timestamptz,
    CONSTRAINT ledger_month_pkey PRIMARY KEY (month),
    CONSTRAINT ledger_month_is_month CHECK (
        month BETWEEN 190001 AND 299912 AND month % 100 BETWEEN 1 AND 12
    ),
    CONSTRAINT ledger_month_state_known CHECK (state IN ('open', 'closing', 'sealed')),
    CONSTRAINT ledger_month_seal_whole CHECK (
        num_nonnulls(row_count, total_eur_minor, total_min_minor, previous_digest, digest,
                     sealed_at) = CASE state WHEN 'sealed' THEN 6 ELSE 0 END
    )
);

-- No foreign keys to accounts: each row would lock the employer's account by itself, and two
-- chunks of a run would queue for it. ledger_count_transfers() checks all rows at once.
CREATE TABLE ledger_transfer (
    id uuid NOT NULL,
    month integer NOT NULL,
    for_month integer NOT NULL,
    from_account bigint NOT NULL,
    to_account bigint NOT NULL,
    amount_minor bigint NOT NULL,
    happened_at timestamptz NOT NULL,
    -- statement_timestamp() and not clock_timestamp(): COPY writes row by row past a volatile one.
    recorded_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    unit text NOT NULL,
    phase text NOT NULL DEFAULT 'single',
    reason text NOT NULL,
    code text,
    source text NOT NULL,
    actor text NOT NULL,
    actor_user_id bigint,
    hold_id uuid,
    hold_month integer,
    reverses_id uuid,
    reverses_month integer,
    CONSTRAINT ledger_transfer_pkey PRIMARY KEY (month, id),
    CONSTRAINT ledger_transfer_id_shows_month CHECK (left(id::text, 6) = month::text),
    CONSTRAINT ledger_transfer_for_month_is_month CHECK (
        for_month BETWEEN 190001 AND 299912 AND for_month % 100 BETWEEN 1 AND 12
    ),
    -- What belongs to a month is therefore found in its partition and later ones.
    CONSTRAINT ledger_transfer_not_ahead CHECK (for_month <= month),
    CONSTRAINT ledger_transfer_accounts_differ CHECK (from_account <> to_account),
    CONSTRAINT ledger_transfer_amount_bounded CHECK (amount_minor BETWEEN 1 AND 100000000000000),
    CONSTRAINT ledger_transfer_phase_known CHECK (phase IN ('single', 'pending', 'post', 'void')),
    CONSTRAINT ledger_transfer_names_hold CHECK (
        (hold_id IS NOT NULL) = (phase IN ('post', 'void'))
        AND (hold_month IS NOT NULL) = (hold_id IS NOT NULL)
    ),
    CONSTRAINT ledger_transfer_names_reversed CHECK (
        (reverses_month IS NOT NULL) = (reverses_id IS NOT NULL)
        AND (reverses_id IS NULL OR phase = 'single')
    ),
    CONSTRAINT ledger_transfer_reason_known CHECK (
        reason IN ('allocation', 'opening', 'grant', 'set_off', 'order', 'instalment',
                   'leave_taken', 'left_over', 'settlement', 'waived')
    ),
    CONSTRAINT ledger_transfer_source_and_actor_named CHECK (source <> '' AND actor <> '')
) PARTITION BY RANGE (month);
CREATE INDEX ledger_transfer_from_account_idx ON ledger_transfer (from_account);
CREATE INDEX ledger_transfer_to_account_idx ON ledger_transfer (to_account);

-- Exactly once, over all months: what a unique index of one partition cannot promise.
CREATE TABLE ledger_hold_resolution (
    hold_id uuid NOT NULL,
    hold_month integer NOT NULL,
    transfer_id uuid NOT NULL,
    transfer_month integer NOT NULL,
    CONSTRAINT ledger_hold_resolved_once PRIMARY KEY (hold_id)
);
CREATE TABLE ledger_reversal (
    reversed_id uuid NOT NULL,
    reversed_month integer NOT NULL,
    transfer_id uuid NOT NULL,
    transfer_month integer NOT NULL,
    CONSTRAINT ledger_transfer_reversed_once PRIMARY KEY (reversed_id)
);
"""

# Advisory locks: (7301, month) shared to post and exclusive to seal; (7302, 0) for whoever opens or
# seals a month, taken before the other.
COUNT_TRANSFERS = """
CREATE FUNCTION ledger_count_transfers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    months integer[];
    booked integer;
    resolving boolean;
    reversing boolean;
    fault text;
BEGIN
    SELECT array_agg(DISTINCT month), bool_or(hold_id IS NOT NULL),
           bool_or(reverses_id IS NOT NULL)
      INTO months, resolving, reversing FROM added;
    IF months IS NULL THEN
        RETURN NULL;
    END IF;
    -- An older snapshot would not see that a month was sealed while this transaction waited.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'transfers are posted in read committed transactions only, not in %',
            current_setting('transaction_isolation')
            USING ERRCODE = 'feature_not_supported';
    END IF;

    FOR booked IN SELECT unnest(months) ORDER BY 1 LOOP
        PERFORM pg_advisory_xact_lock_shared(7301, booked);
        IF NOT EXISTS (SELECT FROM ledger_month WHERE month = booked AND state <> 'sealed') THEN
            RAISE EXCEPTION 'month % is sealed and takes no row', booked
                USING ERRCODE = 'integrity_constraint_violation',
                      CONSTRAINT = 'ledger_month_sealed';
        END IF;
    END LOOP;

    IF resolving THEN
        SELECT format('transfer %s cannot %s hold %s: %s', a.id, a.phase, a.hold_id,
                   CASE WHEN h.id IS NULL THEN 'there is no such hold'
                        WHEN h.phase <> 'pending' THEN 'that transfer is no hold'
                        WHEN a.amount_minor > h.amount_minor THEN 'it is for less'
                        WHEN a.phase = 'void' AND a.amount_minor <> h.amount_minor
                            THEN 'a void is for the whole amount'
                        ELSE 'it is between other accounts' END)
          INTO fault
          FROM added a
          LEFT JOIN ledger_transfer h ON h.month = a.hold_month AND h.id = a.hold_id
         WHERE a.hold_id IS NOT NULL
           AND (h.phase = 'pending' AND h.from_account = a.from_account
                AND h.to_account = a.to_account AND a.amount_minor <= h.amount_minor
                AND (a.phase = 'post' OR a.amount_minor = h.amount_minor)) IS NOT TRUE
         LIMIT 1;
        IF fault IS NOT NULL THEN
            RAISE EXCEPTION '%', fault
                USING ERRCODE = 'integrity_constraint_violation',
                      CONSTRAINT = 'ledger_hold_resolvable';
        END IF;
        INSERT INTO ledger_hold_resolution (hold_id, hold_month, transfer_id, transfer_month)
        SELECT hold_id, hold_month, id, month FROM added
         WHERE hold_id IS NOT NULL ORDER BY hold_id;
    END IF;

    IF reversing THEN
        SELECT format('transfer %s cannot reverse %s: %s', a.id, a.reverses_id,
                   CASE WHEN r.id IS NULL THEN 'there is no such transfer'
                        WHEN r.phase NOT IN ('single', 'post') THEN 'it moved nothing'
                        ELSE 'a reversal moves the same amount the other way' END)
          INTO fault
          FROM added a
          LEFT JOIN ledger_transfer r ON r.month = a.reverses_month AND r.id = a.reverses_id
         WHERE a.reverses_id IS NOT NULL
           AND (r.phase IN ('single', 'post') AND r.from_account = a.to_account
                AND r.to_account = a.from_account
                AND r.amount_minor = a.amount_minor) IS NOT TRUE
         LIMIT 1;
        IF fault IS NOT NULL THEN
            RAISE EXCEPTION '%', fault
                USING ERRCODE = 'integrity_constraint_violation',
                      CONSTRAINT = 'ledger_transfer_reversible';
        END IF;
        INSERT INTO ledger_reversal (reversed_id, reversed_month, transfer_id, transfer_month)
        SELECT reverses_id, reverses_month, id, month FROM added
         WHERE reverses_id IS NOT NULL ORDER BY reverses_id;
    END IF;

    -- EXECUTE: planned for the number of rows at hand. One transfer must not get the plan that
    -- was right for 40,000, nor the other way round.
    -- Accounts are never deleted and keep their unit: what is right now stays right.
    EXECUTE $sql$
        SELECT format('account %s does not count %s', touched.id, touched.unit)
          FROM (SELECT from_account AS id, unit FROM added
                UNION SELECT to_account, unit FROM added) touched
          LEFT JOIN ledger_account account USING (id, unit)
         WHERE account.id IS NULL LIMIT 1
    $sql$ INTO fault;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION '%', fault
            USING ERRCODE = 'foreign_key_violation',
                  CONSTRAINT = 'ledger_transfer_accounts_of_unit';
    END IF;

    EXECUTE $sql$
        SELECT FROM ledger_account
         WHERE id IN (SELECT from_account FROM added UNION SELECT to_account FROM added)
           AND employee_id IS NOT NULL
         ORDER BY id FOR NO KEY UPDATE
    $sql$;
    -- Only where a hold is resolved is it looked up: to plan that means all months there are.
    EXECUTE format($sql$
        UPDATE ledger_account account
           SET posted_minor = account.posted_minor + moved.posted,
               held_minor = account.held_minor + moved.held
          FROM (
            SELECT id, sum(posted)::bigint AS posted, sum(held)::bigint AS held FROM (
                SELECT a.from_account AS id,
                       CASE WHEN a.phase IN ('single', 'post') THEN -a.amount_minor ELSE 0 END
                           AS posted,
                       CASE a.phase
                           WHEN 'single' THEN 0
                           WHEN 'pending' THEN a.amount_minor
                           ELSE %s
                       END AS held
                  FROM added a
                UNION ALL
                SELECT to_account, amount_minor, 0 FROM added WHERE phase IN ('single', 'post')
            ) effects GROUP BY id
          ) moved
         WHERE account.id = moved.id AND account.employee_id IS NOT NULL
    $sql$, CASE WHEN resolving THEN
        '-(SELECT h.amount_minor FROM ledger_transfer h'
        ' WHERE h.month = a.hold_month AND h.id = a.hold_id)'
    ELSE '0' END);
    RETURN NULL;
END $$;
"""

GUARDS = """
CREATE TRIGGER ledger_transfer_counted AFTER INSERT ON ledger_transfer
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_count_transfers();
-- Cloned to each partition by the database; the statement triggers by ledger_open_month().
CREATE TRIGGER ledger_transfer_only_added BEFORE UPDATE OR DELETE ON ledger_transfer
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_transfer_not_truncated BEFORE TRUNCATE ON ledger_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION ledger_refuse_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'accounts and balances change only by transfers'
        USING ERRCODE = 'restrict_violation';
END $$;
-- Inside the transfers' trigger the depth is 1: only from there does a balance change.
CREATE TRIGGER ledger_account_only_by_transfers BEFORE UPDATE ON ledger_account
    FOR EACH ROW WHEN (
        pg_trigger_depth() = 0 OR OLD.id <> NEW.id OR OLD.kind <> NEW.kind
        OR OLD.unit <> NEW.unit OR OLD.employee_id IS DISTINCT FROM NEW.employee_id
    ) EXECUTE FUNCTION ledger_refuse_balance();
CREATE TRIGGER ledger_account_starts_empty BEFORE INSERT ON ledger_account
    FOR EACH ROW WHEN (NEW.posted_minor <> 0 OR NEW.held_minor <> 0)
    EXECUTE FUNCTION ledger_refuse_balance();
CREATE TRIGGER ledger_account_not_deleted BEFORE DELETE ON ledger_account
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_account_not_truncated BEFORE TRUNCATE ON ledger_account
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER ledger_hold_resolution_only_by_transfers
    BEFORE INSERT ON ledger_hold_resolution
    FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION ledger_refuse_balance();
CREATE TRIGGER ledger_hold_resolution_only_added BEFORE UPDATE OR DELETE ON ledger_hold_resolution
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_hold_resolution_not_truncated BEFORE TRUNCATE ON ledger_hold_resolution
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_reversal_only_by_transfers BEFORE INSERT ON ledger_reversal
    FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION ledger_refuse_balance();
CREATE TRIGGER ledger_reversal_only_added BEFORE UPDATE OR DELETE ON ledger_reversal
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_reversal_not_truncated BEFORE TRUNCATE ON ledger_reversal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

MONTHS = """
-- Rows of a month in the order of their ids, each hashed, then 10,000 hashes at a time: bounded
-- memory however large the month. Columns are named, so that one added later changes no seal.
CREATE FUNCTION ledger_digest(
    a_month integer, previous text,
    OUT row_count bigint, OUT total_eur_minor bigint, OUT total_min_minor bigint, OUT digest text
) LANGUAGE sql STABLE SET timezone = 'UTC' SET datestyle = 'ISO, MDY' AS $$
    WITH hashed AS (
        SELECT row_number() OVER (ORDER BY id) AS place, unit, amount_minor,
               sha256(convert_to(ROW(
                   id, month, for_month, from_account, to_account, amount_minor, happened_at,
                   recorded_at, unit, phase, reason, code, source, actor, actor_user_id, hold_id,
                   hold_month, reverses_id, reverses_month)::text, 'UTF8')) AS hash
          FROM ledger_transfer WHERE month = a_month
    ), chunk AS (
        SELECT (place - 1) / 10000 AS place, count(*) AS rows,
               sum(amount_minor) FILTER (WHERE unit = 'EUR') AS eur,
               sum(amount_minor) FILTER (WHERE unit = 'MIN') AS min,
               sha256(string_agg(hash, ''::bytea ORDER BY place)) AS hash
          FROM hashed GROUP BY 1
    )
    SELECT coalesce(sum(rows), 0)::bigint, coalesce(sum(eur), 0)::bigint,
           coalesce(sum(min), 0)::bigint,
           encode(sha256(convert_to(previous || ':' || a_month || ':', 'UTF8')
               || coalesce(string_agg(hash, ''::bytea ORDER BY place), ''::bytea)), 'hex')
      FROM chunk
$$;

CREATE FUNCTION ledger_guard_month() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'open' THEN
            RAISE EXCEPTION 'month % starts open', NEW.month USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state = 'sealed' THEN
        RAISE EXCEPTION 'month % is sealed: it stays as it is', OLD.month
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = 'ledger_month_sealed';
    END IF;
    IF NEW.month <> OLD.month THEN
        RAISE EXCEPTION 'month % cannot become another', OLD.month
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'sealed' THEN
        IF current_setting('transaction_isolation') <> 'read committed' THEN
            RAISE EXCEPTION 'months are sealed in read committed transactions only, not in %',
                current_setting('transaction_isolation')
                USING ERRCODE = 'feature_not_supported';
        END IF;
        -- No earlier month may appear meanwhile. Then wait for whoever is posting; whoever comes
        -- later waits for the seal, and is refused.
        PERFORM pg_advisory_xact_lock(7302, 0);
        PERFORM pg_advisory_xact_lock(7301, NEW.month);
        IF EXISTS (SELECT FROM ledger_month WHERE month < NEW.month AND state <> 'sealed') THEN
            RAISE EXCEPTION 'month % cannot be sealed before those that come earlier', NEW.month
                USING ERRCODE = 'integrity_constraint_violation',
                      CONSTRAINT = 'ledger_month_in_order';
        END IF;
        NEW.previous_digest := coalesce((SELECT m.digest FROM ledger_month m
            WHERE m.month < NEW.month ORDER BY m.month DESC LIMIT 1), '');
        SELECT d.row_count, d.total_eur_minor, d.total_min_minor, d.digest
          INTO NEW.row_count, NEW.total_eur_minor, NEW.total_min_minor, NEW.digest
          FROM ledger_digest(NEW.month, NEW.previous_digest) d;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_month_guarded BEFORE INSERT OR UPDATE ON ledger_month
    FOR EACH ROW EXECUTE FUNCTION ledger_guard_month();
CREATE TRIGGER ledger_month_not_deleted BEFORE DELETE ON ledger_month
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_month_not_truncated BEFORE TRUNCATE ON ledger_month
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Makes the partition of a month; true when it was not there yet. Made apart and then attached:
-- creating it in place would lock the whole ledger against readers and writers.
CREATE FUNCTION ledger_open_month(a_month integer) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    name text := format('ledger_transfer_%s', a_month);
BEGIN
    IF EXISTS (SELECT FROM ledger_month WHERE month = a_month) THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(7302, 0);
    IF EXISTS (SELECT FROM ledger_month WHERE month = a_month) THEN
        RETURN false;
    END IF;
    IF EXISTS (SELECT FROM ledger_month WHERE month > a_month AND state = 'sealed') THEN
        RAISE EXCEPTION 'month % cannot be opened: a later one is sealed', a_month
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = 'ledger_month_in_order';
    END IF;

    EXECUTE format('CREATE TABLE %I (LIKE ledger_transfer INCLUDING ALL)', name);
    -- Nearly every row has the employer on one side. Left to count, the database takes any account
    -- for such a one and reads the whole month for each.
    EXECUTE format('ALTER TABLE %I ALTER from_account SET (n_distinct = -0.2), '
        'ALTER to_account SET (n_distinct = -0.2)', name);
    EXECUTE format('ALTER TABLE ledger_transfer ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
        name, a_month, a_month + 1);
    EXECUTE format('CREATE TRIGGER ledger_transfer_counted AFTER INSERT ON %I '
        'REFERENCING NEW TABLE AS added '
        'FOR EACH STATEMENT EXECUTE FUNCTION ledger_count_transfers()', name);
    EXECUTE format('CREATE TRIGGER ledger_transfer_not_truncated BEFORE TRUNCATE ON %I '
        'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
    INSERT INTO ledger_month (month) VALUES (a_month);
    RETURN true;
END $$;
"""


def upgrade() -> None:
    for part in (TABLES, COUNT_TRANSFERS, GUARDS, MONTHS):
        op.execute(part)


def downgrade() -> None:
    op.execute(
        """
        DROP FUNCTION ledger_open_month(integer);
        DROP TABLE ledger_reversal, ledger_hold_resolution, ledger_transfer, ledger_month,
            ledger_account;
        DROP FUNCTION ledger_guard_month(), ledger_digest(integer, text),
            ledger_refuse_balance(), ledger_count_transfers();
        """
    )
