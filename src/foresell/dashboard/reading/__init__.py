"""The one read model: the same files and registry as everything else, read when they change."""
