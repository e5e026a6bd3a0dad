"""Proves that a deployed platform works: what was seen of it, what that means, and a report of both."""
