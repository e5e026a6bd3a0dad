"""The embedded PostgreSQL process and its templates."""
