"""The page of the watch: what stands, what moved, and whether forecasts came true."""
