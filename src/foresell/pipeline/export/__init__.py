"""The graph as other runners read it: text that only calls foresell."""
