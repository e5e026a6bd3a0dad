"""The AWS API emulator: what it is made of, and what closes its gaps."""
