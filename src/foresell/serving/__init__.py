"""Serve: HTTP in, answers out. Whatever it needs of the world is handed in by wiring."""
