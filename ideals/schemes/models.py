"""Published versions. Rows are only ever added; the database refuses every other change."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ideals.db import Base, bigid, moment, month


class SchemeVersion(Base):
    """One version of one scheme, in force from `version` until a later one of the same scheme."""

    __tablename__ = "schemes_version"
    __table_args__ = (
        UniqueConstraint("scheme", "version"),
        CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest_is_sha256"),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    scheme: Mapped[str]
    version: Mapped[month]
    document: Mapped[str]
    digest: Mapped[str]
    """SHA-256 of the document in UTF-8."""
    published_at: Mapped[moment]
    published_by: Mapped[str]
