"""Answers: rows asked for in, forecasts out."""
