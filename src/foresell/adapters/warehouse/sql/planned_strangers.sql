-- The stores of planned rows that neither the delivery nor the warehouse describes; and how many
-- there are.
SELECT plan.store_id, count(*) AS rows, count(*) OVER () AS found
FROM retailds.stg_sales_plan AS plan
WHERE plan.batch = %(batch)s
    AND plan.store_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM retailds.dim_store AS store WHERE store.store_id = plan.store_id)
    AND plan.store_id NOT IN (
        SELECT sold.store_id FROM retailds.stg_sales_weekly AS sold
        WHERE sold.batch = %(batch)s AND sold.store_id IS NOT NULL
    )
GROUP BY plan.store_id
ORDER BY plan.store_id
LIMIT %(examples)s
