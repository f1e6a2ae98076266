"""The page of the last run: which candidate won, by how much, and where it fails."""
