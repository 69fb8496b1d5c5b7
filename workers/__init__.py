"""Celery processes: thin edges around commands. The database decides, messages only wake."""
