-- The stores that one delivery describes in more than one way; and how many there are.
SELECT
    store_id,
    array_agg(DISTINCT concat_ws(' ', store_type, store_size)) AS described,
    count(*) OVER () AS found
FROM (
    SELECT DISTINCT store_id, store_type, store_size
    FROM retailds.stg_sales_weekly
    WHERE batch = %(batch)s AND store_id IS NOT NULL
) AS store
GROUP BY store_id
HAVING count(*) > 1
ORDER BY store_id
LIMIT %(examples)s
