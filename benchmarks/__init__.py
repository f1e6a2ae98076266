"""Accuracy and speed, side by side with public results. Not part of the package."""

import os

# What is measured is not MLflow, unless a benchmark says so (`benchmarks.tracking`).
os.environ.setdefault("FORESELL_TRACKING", "off")
