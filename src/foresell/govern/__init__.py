"""The registry's rules: what may become live, what was, and whether the record still holds."""
