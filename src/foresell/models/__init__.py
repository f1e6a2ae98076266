"""Models: baselines, candidates and how they are combined."""
