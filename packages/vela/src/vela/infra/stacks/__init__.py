"""Stacks: they only compose constructs and grant."""
