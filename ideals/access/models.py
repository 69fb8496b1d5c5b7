"""Users, roles, sessions, tokens, invitations, and counted attempts."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from ideals.db import Base, bigid, moment

LIVE = text("revoked_at IS NULL")


class User(Base):
    """Whoever can sign in. `password_hash` is empty until an invitation was accepted.

    `demo_label` is set for demo people only: what their button says in demo mode. `welcomed_at`:
    when they had read what is shown once, at the first sign-in.
    """

    __tablename__ = "access_user"
    __table_args__ = (
        # One person, one address, whatever the capitals.
        CheckConstraint("email = lower(email)", name="email_folded"),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    employee_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"), unique=True)
    active: Mapped[bool] = mapped_column(server_default="true")
    language: Mapped[str | None]
    theme: Mapped[str | None]
    demo_label: Mapped[str | None]
    welcomed_at: Mapped[moment | None]
    created_at: Mapped[moment]

    def __repr__(self) -> str:
        return f"<User {self.id}>"


class UserRole(Base):
    __tablename__ = "access_role"
    __table_args__ = (
        CheckConstraint(
            "role IN ('hr', 'hr_prices', 'hr_deals', 'payroll', 'works_council')", name="known"
        ),
    )

    user_id: Mapped[bigid] = mapped_column(ForeignKey("access_user.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)


class SignIn(Base):
    """One sign-in of one browser. The cookie holds the token, this row its digest.

    `proved_at`: when the password was last given, or the button of the demo pressed.
    """

    __tablename__ = "access_session"
    __table_args__ = (Index("access_session_live", "user_id", postgresql_where=LIVE),)

    id: Mapped[bigid] = mapped_column(primary_key=True)
    token_digest: Mapped[bytes] = mapped_column(unique=True)
    user_id: Mapped[bigid] = mapped_column(ForeignKey("access_user.id"))
    created_at: Mapped[moment]
    proved_at: Mapped[moment]
    last_seen_at: Mapped[moment]
    expires_at: Mapped[moment]
    revoked_at: Mapped[moment | None]
    address: Mapped[str]
    agent: Mapped[str]


class Token(Base):
    """Stands for a script that acts as this user."""

    __tablename__ = "access_token"
    __table_args__ = (Index("access_token_live", "user_id", postgresql_where=LIVE),)

    id: Mapped[bigid] = mapped_column(primary_key=True)
    token_digest: Mapped[bytes] = mapped_column(unique=True)
    user_id: Mapped[bigid] = mapped_column(ForeignKey("access_user.id"))
    name: Mapped[str]
    created_at: Mapped[moment]
    last_used_at: Mapped[moment | None]
    expires_at: Mapped[moment | None]
    revoked_at: Mapped[moment | None]


class Invitation(Base):
    """Lets one person choose a password, once."""

    __tablename__ = "access_invitation"
    __table_args__ = (
        # One open invitation a person: a new one makes the old one useless.
        Index(
            "access_invitation_open",
            "user_id",
            unique=True,
            postgresql_where=text("used_at IS NULL"),
        ),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    token_digest: Mapped[bytes] = mapped_column(unique=True)
    user_id: Mapped[bigid] = mapped_column(ForeignKey("access_user.id"))
    expires_at: Mapped[moment]
    used_at: Mapped[moment | None]


class Attempt(Base):
    """Failed sign-ins by account, address or device, and until when the next one waits."""

    __tablename__ = "access_attempt"

    key: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[moment] = mapped_column(index=True)
    blocked_until: Mapped[moment]
