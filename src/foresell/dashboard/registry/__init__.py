"""The registry as a page: versions, history, differences, and what changes them."""
