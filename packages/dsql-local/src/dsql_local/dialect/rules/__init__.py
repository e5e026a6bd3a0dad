"""The rule tables, one topic a file."""
