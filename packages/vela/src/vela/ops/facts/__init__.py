"""What is so before anything changes: gathered once, as frozen values."""
