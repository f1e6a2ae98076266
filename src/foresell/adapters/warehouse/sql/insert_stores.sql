-- Stores that the warehouse does not know yet.
INSERT INTO retailds.dim_store (store_id, store_type, store_size)
SELECT DISTINCT store_id, store_type, store_size
FROM retailds.stg_sales_weekly
WHERE batch = %(batch)s
ORDER BY store_id
ON CONFLICT (store_id) DO NOTHING
