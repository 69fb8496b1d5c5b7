"""access: users, roles, sessions, tokens, invitations, attempts; web: answered requests"""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE web_idempotency_key (
            user_id bigint NOT NULL,
            key text NOT NULL,
            fingerprint text NOT NULL,
            status integer,
            body text,
            location text,
            created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (user_id, key)
        );
        CREATE INDEX web_idempotency_key_created_at_idx ON web_idempotency_key (created_at);

        CREATE TABLE access_user (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            email text NOT NULL UNIQUE,
            password_hash text,
            employee_id bigint UNIQUE REFERENCES people_employee,
            active boolean NOT NULL DEFAULT true,
            language text,
            theme text,
            demo_label text,
            created_at timestamptz NOT NULL,
            CONSTRAINT access_user_email_folded CHECK (email = lower(email))
        );

        CREATE TABLE access_role (
            user_id bigint NOT NULL REFERENCES access_user,
            role text NOT NULL,
            PRIMARY KEY (user_id, role),
            CONSTRAINT access_role_known CHECK (
                role IN ('hr', 'hr_prices', 'hr_deals', 'payroll', 'works_council')
            )
        );

        CREATE TABLE access_session (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            token_digest bytea NOT NULL UNIQUE,
            user_id bigint NOT NULL REFERENCES access_user,
            created_at timestamptz NOT NULL,
            last_seen_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            revoked_at timestamptz,
            address text NOT NULL,
            agent text NOT NULL
        );
        CREATE INDEX access_session_live ON access_session (user_id) WHERE revoked_at IS NULL;

        CREATE TABLE access_token (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            token_digest bytea NOT NULL UNIQUE,
            user_id bigint NOT NULL REFERENCES access_user,
            name text NOT NULL,
            created_at timestamptz NOT NULL,
            last_used_at timestamptz,
            expires_at timestamptz,
            revoked_at timestamptz
        );
        CREATE INDEX access_token_live ON access_token (user_id) WHERE revoked_at IS NULL;

        CREATE TABLE access_invitation (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            token_digest bytea NOT NULL UNIQUE,
            user_id bigint NOT NULL REFERENCES access_user,
            expires_at timestamptz NOT NULL,
            used_at timestamptz
        );
        -- One open invitation a person: a new one makes the old one useless.
        CREATE UNIQUE INDEX access_invitation_open
            ON access_invitation (user_id) WHERE used_at IS NULL;

        CREATE TABLE access_attempt (
            key text PRIMARY KEY,
            failures integer NOT NULL,
            last_at timestamptz NOT NULL,
            blocked_until timestamptz NOT NULL
        );
        CREATE INDEX access_attempt_last_at_idx ON access_attempt (last_at);
        """
    )


def downgrade() -> None:
    op.execute(
        """
        DROP TABLE access_attempt, access_invitation, access_token, access_session, access_role,
            access_user, web_idempotency_key
        """
    )
