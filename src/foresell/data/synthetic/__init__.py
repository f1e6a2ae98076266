"""A retailer that does not exist: stores, products, promotions and sales from one seed."""

from foresell.data.synthetic.files import described, generate_files, parquet_bytes
from foresell.data.synthetic.tables import generate, generate_store_sales

__all__ = ["described", "generate", "generate_files", "generate_store_sales", "parquet_bytes"]
