-- Stores of a delivery: new ones put in, those described in another way corrected; how many of
-- each. Every part sees the stores as they stood before.
WITH told AS MATERIALIZED (
    SELECT DISTINCT store_id, store_type, store_size
    FROM retailds.stg_sales_weekly
    WHERE batch = %(batch)s
), corrected AS (
    UPDATE retailds.dim_store AS store
    SET store_type = told.store_type, store_size = told.store_size
    FROM told
    WHERE store.store_id = told.store_id
        AND (store.store_type, store.store_size)
            IS DISTINCT FROM (told.store_type, told.store_size)
    RETURNING store.store_id
), added AS (
    INSERT INTO retailds.dim_store (store_id, store_type, store_size)
    SELECT store_id, store_type, store_size FROM told ORDER BY store_id
    ON CONFLICT (store_id) DO NOTHING
    RETURNING store_id
)
SELECT
    (SELECT count(*) FROM added) AS inserted,
    (SELECT count(*) FROM corrected) AS updated,
    (SELECT count(*) FROM retailds.dim_store NATURAL JOIN told) AS unchanged
