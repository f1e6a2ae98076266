"""The page of all projects: how each stands, and what needs attention."""
