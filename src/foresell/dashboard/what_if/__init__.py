"""The answer to your own numbers: a form, what the server says to it, and why."""
