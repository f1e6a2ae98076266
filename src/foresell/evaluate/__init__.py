"""Judge: metrics, folds, intervals, the gate."""
