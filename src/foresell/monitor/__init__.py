"""Watch a model that answers: drift of what it is asked, decay of what it says."""
