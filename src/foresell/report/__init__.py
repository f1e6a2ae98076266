"""The report a person reads after a run: one self-contained page."""
