"""budgets: runs are of a kind"""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE budgets_run ADD COLUMN kind text NOT NULL DEFAULT 'allocation';
        ALTER TABLE budgets_run
            ALTER COLUMN kind DROP DEFAULT,
            ADD CONSTRAINT budgets_run_kind_known
                CHECK (kind IN ('allocation', 'choices', 'close')),
            ADD CONSTRAINT budgets_run_looks_allocate CHECK (NOT look OR kind = 'allocation'),
            DROP CONSTRAINT budgets_run_scheme_month_round_key,
            ADD CONSTRAINT budgets_run_scheme_kind_month_round_key
                UNIQUE (scheme, kind, month, round);
        DROP INDEX budgets_run_one_unfinished;
        CREATE UNIQUE INDEX budgets_run_one_unfinished ON budgets_run (scheme, kind, month)
            WHERE NOT look AND state IN ('planning', 'running');
        """
    )


def downgrade() -> None:
    # Runs of other kinds are not known below; their rows in the ledger stay.
    op.execute(
        """
        DELETE FROM budgets_skip WHERE run_id IN
            (SELECT id FROM budgets_run WHERE kind <> 'allocation');
        DELETE FROM budgets_chunk WHERE run_id IN
            (SELECT id FROM budgets_run WHERE kind <> 'allocation');
        DELETE FROM budgets_run WHERE kind <> 'allocation';
        DROP INDEX budgets_run_one_unfinished;
        CREATE UNIQUE INDEX budgets_run_one_unfinished ON budgets_run (scheme, month)
            WHERE NOT look AND state IN ('planning', 'running');
        ALTER TABLE budgets_run
            DROP CONSTRAINT budgets_run_scheme_kind_month_round_key,
            ADD CONSTRAINT budgets_run_scheme_month_round_key UNIQUE (scheme, month, round),
            DROP CONSTRAINT budgets_run_looks_allocate,
            DROP CONSTRAINT budgets_run_kind_known,
            DROP COLUMN kind;
        """
    )
