"""The estimators of a table's candidates, unfitted: one module for each library that grows them.

Each function takes all settings of its candidate, by name, and a seed, and returns an estimator in
scikit-learn's way. One thread each: equal input gives equal bytes on any machine, and candidates
are fitted side by side instead. ``ERRORS`` are what its library raises when it refuses.
"""
