"""Other forecasting libraries on the public task, each in an environment and a process of its own.

The driver (`python -m benchmarks.peers`) imports foresell; the scripts ``with_*.py`` do not: they
get files and give a file (`benchmarks.peers.exchange`).
"""
