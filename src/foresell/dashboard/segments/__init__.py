"""The forecast page of tables: declared segments by month, and how single rows were answered."""
