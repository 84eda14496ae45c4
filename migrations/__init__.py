"""Alembic migrations, applied by `engine.schema`. A store only goes forward; the way back is its backup."""
