"""Runs the migrations on the connection it is given, or on the one `ideals.db` is connected to."""

from alembic import context

from ideals import db

connection = context.config.attributes.get("connection")
if connection is not None:
    context.configure(connection=connection, target_metadata=db.Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
else:
    with db.bound().connect() as opened:
        context.configure(connection=opened, target_metadata=db.Base.metadata)
        with context.begin_transaction():
            context.run_migrations()
