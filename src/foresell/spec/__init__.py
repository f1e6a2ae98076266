"""Frozen nouns: what a project, a column, a horizon, a forecast and a score are."""
