"""The report of a run of a tabular project: the same look and the same parts as a panel's."""
