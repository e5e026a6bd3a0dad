"""Aurora DSQL access: endpoint, token, pool, transaction, health. Knows nothing of HTTP or the CLI."""
