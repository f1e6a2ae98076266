"""Gauge a segment of a project: its monthly sales to come, and how far they may fall."""
