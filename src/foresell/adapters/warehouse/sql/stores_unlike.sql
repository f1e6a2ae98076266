-- The staged stores that do not stand in the warehouse as delivered; and how many there are.
SELECT staged.store_id, count(*) OVER () AS found
FROM (
    SELECT DISTINCT store_id, store_type, store_size
    FROM retailds.stg_sales_weekly
    WHERE batch = %(batch)s
) AS staged
LEFT JOIN retailds.dim_store AS store ON store.store_id = staged.store_id
WHERE (store.store_id, store.store_type, store.store_size)
    IS DISTINCT FROM (staged.store_id, staged.store_type, staged.store_size)
ORDER BY staged.store_id
LIMIT %(examples)s
