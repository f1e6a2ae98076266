"""The stages of a panel project, one module each, so that a change re-runs only what uses it."""
