"""Rows of a table: foresell beside plain and tuned models of other libraries on the same splits."""
