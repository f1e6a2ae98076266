"""Join: the only room where ports meet adapters; one module for each kind of request."""
