"""Rows: read, cleaned, gated, completed, split and made."""
