"""Accuracy and speed, side by side with public results. Not part of the package."""
