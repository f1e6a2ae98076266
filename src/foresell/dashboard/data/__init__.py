"""The page of the data: what the contract asks of the rows, which broke it, and what came of it."""
