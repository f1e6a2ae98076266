"""Features, derived once, for training and for serving."""
