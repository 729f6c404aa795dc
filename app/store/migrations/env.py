"""Alembic's entry: runs revisions on the connection, and in the transaction, that the store hands over."""

from alembic import context

from app.store.columns import Row

context.configure(connection=context.config.attributes["connection"], target_metadata=Row.metadata)
with context.begin_transaction():
    context.run_migrations()
