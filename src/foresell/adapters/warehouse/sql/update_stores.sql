-- Stores that a delivery describes in another way than the warehouse does.
UPDATE retailds.dim_store AS store
SET store_type = staged.store_type, store_size = staged.store_size
FROM (
    SELECT DISTINCT store_id, store_type, store_size
    FROM retailds.stg_sales_weekly
    WHERE batch = %(batch)s
) AS staged
WHERE store.store_id = staged.store_id
    AND (store.store_type, store.store_size) IS DISTINCT FROM (staged.store_type, staged.store_size)
