"""A retailer that does not exist: stores, products, promotions and sales from one seed."""

from foresell.data.synthetic.tables import generate, generate_store_sales

__all__ = ["generate", "generate_store_sales"]
