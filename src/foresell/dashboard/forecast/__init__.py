"""The forecast explorer of panels: find series, and look at what was and what is to come."""
