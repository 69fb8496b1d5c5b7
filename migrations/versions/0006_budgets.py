"""budgets: allocation runs, their chunks, whom they skipped, which changes they settled"""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE budgets_run (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            scheme text NOT NULL,
            month integer NOT NULL,
            round integer,
            look boolean NOT NULL,
            state text NOT NULL,
            booked_in integer NOT NULL,
            known_at timestamptz,
            recheck_from integer,
            changes_through bigint,
            settled_through bigint,
            started_as text NOT NULL,
            started_by text NOT NULL,
            started_by_user_id bigint,
            created_at timestamptz NOT NULL,
            finished_at timestamptz,
            employees integer NOT NULL DEFAULT 0,
            failure text,
            CONSTRAINT budgets_run_scheme_month_round_key UNIQUE (scheme, month, round),
            CONSTRAINT budgets_run_state_known
                CHECK (state IN ('planning', 'running', 'done', 'failed')),
            CONSTRAINT budgets_run_look_has_no_round CHECK (look = (round IS NULL)),
            CONSTRAINT budgets_run_started_as_known
                CHECK (started_as IN ('schedule', 'command', 'api', 'page'))
        );
        CREATE UNIQUE INDEX budgets_run_one_unfinished ON budgets_run (scheme, month)
            WHERE NOT look AND state IN ('planning', 'running');
        CREATE UNIQUE INDEX budgets_run_one_running ON budgets_run (scheme)
            WHERE NOT look AND state = 'running';

        CREATE TABLE budgets_chunk (
            run_id bigint NOT NULL,
            number integer NOT NULL,
            employee_ids bigint[] NOT NULL,
            state text NOT NULL,
            attempts integer NOT NULL DEFAULT 0,
            fence integer NOT NULL DEFAULT 0,
            lease_until timestamptz,
            done_at timestamptz,
            skipped integer NOT NULL DEFAULT 0,
            transfers integer NOT NULL DEFAULT 0,
            changed integer NOT NULL DEFAULT 0,
            differences jsonb NOT NULL DEFAULT '[]',
            CONSTRAINT budgets_chunk_pkey PRIMARY KEY (run_id, number),
            CONSTRAINT budgets_chunk_run_id_fkey
                FOREIGN KEY (run_id) REFERENCES budgets_run (id),
            CONSTRAINT budgets_chunk_state_known CHECK (state IN ('todo', 'done', 'split'))
        );
        CREATE INDEX budgets_chunk_todo ON budgets_chunk (run_id) WHERE state = 'todo';

        CREATE TABLE budgets_skip (
            run_id bigint NOT NULL,
            employee_id bigint NOT NULL,
            code text NOT NULL,
            reason text NOT NULL,
            CONSTRAINT budgets_skip_pkey PRIMARY KEY (run_id, employee_id),
            CONSTRAINT budgets_skip_run_id_fkey FOREIGN KEY (run_id) REFERENCES budgets_run (id),
            CONSTRAINT budgets_skip_employee_id_fkey
                FOREIGN KEY (employee_id) REFERENCES people_employee (id)
        );

        CREATE TABLE budgets_settled_change (
            change_id bigint NOT NULL,
            scheme text NOT NULL,
            run_id bigint NOT NULL,
            CONSTRAINT budgets_settled_change_pkey PRIMARY KEY (change_id, scheme),
            CONSTRAINT budgets_settled_change_change_id_fkey
                FOREIGN KEY (change_id) REFERENCES people_fact_change (id),
            CONSTRAINT budgets_settled_change_run_id_fkey
                FOREIGN KEY (run_id) REFERENCES budgets_run (id)
        );
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE budgets_settled_change, budgets_skip, budgets_chunk, budgets_run")
