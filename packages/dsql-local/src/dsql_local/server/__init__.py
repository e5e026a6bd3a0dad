"""Sockets, TLS and the control endpoint: the only room that does network I/O."""
