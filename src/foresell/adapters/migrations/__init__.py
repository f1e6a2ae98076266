"""How the ledger's tables came to be, one migration after the other, as Alembic reads them."""
