"""Gradient boosting on plain arrays: one module for each library, all with the same verbs."""
