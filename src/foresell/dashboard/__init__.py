"""Pages to look at: what is forecast, how good it is, what moved, and which version answers."""
