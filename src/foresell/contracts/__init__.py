"""Compile the contract into what checks rows."""
