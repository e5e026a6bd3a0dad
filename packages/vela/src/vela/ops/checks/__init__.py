"""What may stand in the way of a deployment: pure functions of the facts, one row a check."""
