"""Frames in, Vega-Lite out."""
