-- How a delivery compares with the facts: rows that they do not have yet, rows that it corrects,
-- and rows that stand there already. Two zeros of different sign are equal, and differ in their
-- bits.
SELECT
    count(*) FILTER (WHERE found.standing = 'new') AS new,
    count(*) FILTER (WHERE found.standing = 'changed') AS changed,
    count(*) FILTER (WHERE found.standing = 'same') AS same
FROM (
    SELECT
        CASE
            WHEN fact.store_id IS NULL THEN 'new'
            WHEN
            (
                fact.weekly_sales, fact.isholiday, fact.temperature, fact.fuel_price,
                fact.markdown1, fact.markdown2, fact.markdown3, fact.markdown4, fact.markdown5,
                fact.cpi, fact.unemployment
            ) IS DISTINCT FROM (
                staged.weekly_sales, staged.isholiday, staged.temperature, staged.fuel_price,
                staged.markdown1, staged.markdown2, staged.markdown3, staged.markdown4,
                staged.markdown5, staged.cpi, staged.unemployment
            )
            OR fact.weekly_sales = 0
                AND float8send(fact.weekly_sales) <> float8send(staged.weekly_sales)
            OR fact.temperature = 0
                AND float8send(fact.temperature) <> float8send(staged.temperature)
            OR fact.fuel_price = 0 AND float8send(fact.fuel_price) <> float8send(staged.fuel_price)
            OR fact.markdown1 = 0 AND float8send(fact.markdown1) <> float8send(staged.markdown1)
            OR fact.markdown2 = 0 AND float8send(fact.markdown2) <> float8send(staged.markdown2)
            OR fact.markdown3 = 0 AND float8send(fact.markdown3) <> float8send(staged.markdown3)
            OR fact.markdown4 = 0 AND float8send(fact.markdown4) <> float8send(staged.markdown4)
            OR fact.markdown5 = 0 AND float8send(fact.markdown5) <> float8send(staged.markdown5)
            OR fact.cpi = 0 AND float8send(fact.cpi) <> float8send(staged.cpi)
            OR fact.unemployment = 0
                AND float8send(fact.unemployment) <> float8send(staged.unemployment)
            THEN 'changed'
            ELSE 'same'
        END AS standing
    FROM retailds.stg_sales_weekly AS staged
    LEFT JOIN retailds.fact_sales_weekly AS fact
        ON fact.store_id = staged.store_id
        AND fact.dept_id = staged.dept_id
        AND fact.week_date = staged.week_date
    WHERE staged.batch = %(batch)s
) AS found
