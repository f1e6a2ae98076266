-- Rows of the warehouse within the weeks of a delivery that the delivery does not hold.
SELECT fact.store_id, fact.dept_id, fact.week_date, count(*) OVER () AS found
FROM retailds.fact_sales_weekly AS fact
WHERE fact.week_date BETWEEN %(first_week)s::DATE AND %(last_week)s::DATE
    AND NOT EXISTS (
        SELECT
        FROM retailds.stg_sales_weekly AS staged
        WHERE staged.batch = %(batch)s
            AND staged.store_id = fact.store_id
            AND staged.dept_id = fact.dept_id
            AND staged.week_date = fact.week_date
    )
ORDER BY fact.store_id, fact.dept_id, fact.week_date
LIMIT %(examples)s
