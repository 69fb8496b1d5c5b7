"""simulations and their parts"""

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE insight_simulation (
            id uuid PRIMARY KEY,
            number bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
            kind text NOT NULL,
            about jsonb NOT NULL,
            from_month integer NOT NULL,
            through_month integer NOT NULL,
            state text NOT NULL,
            done integer NOT NULL DEFAULT 0,
            total integer NOT NULL,
            fault text,
            made_by text NOT NULL,
            made_by_user_id bigint,
            made_at timestamptz NOT NULL,
            ended_at timestamptz,
            result jsonb,
            CONSTRAINT insight_simulation_number_key UNIQUE (number),
            CONSTRAINT insight_simulation_kind_known CHECK (kind IN ('prices', 'scheme')),
            CONSTRAINT insight_simulation_state_known CHECK (
                state IN ('queued', 'running', 'done', 'cancelled', 'failed')),
            CONSTRAINT insight_simulation_months_ordered CHECK (from_month <= through_month),
            CONSTRAINT insight_simulation_done_of_total CHECK (done BETWEEN 0 AND total),
            CONSTRAINT insight_simulation_result_when_done
                CHECK ((state = 'done') = (result IS NOT NULL)),
            CONSTRAINT insight_simulation_fault_when_failed
                CHECK ((state = 'failed') = (fault IS NOT NULL)),
            CONSTRAINT insight_simulation_ended_or_not
                CHECK ((state IN ('queued', 'running')) = (ended_at IS NULL))
        );
        CREATE INDEX insight_simulation_about ON insight_simulation USING gin (about);
        CREATE INDEX insight_simulation_made ON insight_simulation (made_at);

        CREATE TABLE insight_simulation_part (
            simulation_id uuid NOT NULL REFERENCES insight_simulation,
            number integer NOT NULL,
            after_employee bigint NOT NULL,
            through_employee bigint NOT NULL,
            employees integer NOT NULL,
            state text NOT NULL,
            attempts integer NOT NULL DEFAULT 0,
            lease_until timestamptz,
            part jsonb,
            PRIMARY KEY (simulation_id, number),
            CONSTRAINT insight_simulation_part_state_known CHECK (state IN ('todo', 'done')),
            CONSTRAINT insight_simulation_part_part_when_done
                CHECK ((state = 'done') = (part IS NOT NULL)),
            CONSTRAINT insight_simulation_part_employees_ordered
                CHECK (after_employee <= through_employee)
        );
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE insight_simulation_part, insight_simulation")
