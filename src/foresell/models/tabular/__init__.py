"""Learning from rows of a table: the same learner for every tabular project."""
