-- Planned rows of a delivery: new ones put in, others corrected, and where the delivery is `whole`
-- those taken out that it does not hold; how many of each. Every part sees the plan as it stood.
WITH told AS MATERIALIZED (
    SELECT store_id, dept_id, week_date, isholiday
    FROM retailds.stg_sales_plan
    WHERE batch = %(batch)s
), standing AS MATERIALIZED (
    SELECT
        told.store_id,
        told.dept_id,
        told.week_date,
        told.isholiday,
        plan.isholiday AS was
    FROM told
    LEFT JOIN retailds.plan_sales_weekly AS plan
        ON plan.store_id = told.store_id
        AND plan.dept_id = told.dept_id
        AND plan.week_date = told.week_date
), gone AS (
    DELETE FROM retailds.plan_sales_weekly AS plan
    WHERE %(whole)s
        AND NOT EXISTS (
            SELECT
            FROM told
            WHERE told.store_id = plan.store_id
                AND told.dept_id = plan.dept_id
                AND told.week_date = plan.week_date
        )
    RETURNING plan.week_date
), corrected AS (
    UPDATE retailds.plan_sales_weekly AS plan
    SET isholiday = standing.isholiday
    FROM standing
    WHERE standing.was <> standing.isholiday
        AND plan.store_id = standing.store_id
        AND plan.dept_id = standing.dept_id
        AND plan.week_date = standing.week_date
    RETURNING plan.week_date
), added AS (
    INSERT INTO retailds.plan_sales_weekly (store_id, dept_id, week_date, isholiday)
    SELECT store_id, dept_id, week_date, isholiday
    FROM standing
    WHERE was IS NULL
    ORDER BY store_id, dept_id, week_date
    RETURNING week_date
)
SELECT
    (SELECT count(*) FROM added) AS inserted,
    (SELECT count(*) FROM corrected) AS updated,
    (SELECT count(*) FROM gone) AS removed,
    (SELECT count(*) FROM standing WHERE was = isholiday) AS unchanged
