"""Values without infrastructure: no database, no request, no configuration."""
