"""Stages of a tabular project: what they do otherwise than those of a panel."""
