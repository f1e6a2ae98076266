"""Describe data: profiles, and the facts people ask for first."""
