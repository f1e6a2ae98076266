-- Departments of a delivery, those that are only planned too: new ones put in; how many.
-- Every part sees the departments as they stood before.
WITH told AS MATERIALIZED (
    SELECT dept_id FROM retailds.stg_sales_weekly WHERE batch = %(batch)s
    UNION
    SELECT dept_id FROM retailds.stg_sales_plan WHERE batch = %(batch)s
), added AS (
    INSERT INTO retailds.dim_dept (dept_id)
    SELECT dept_id FROM told ORDER BY dept_id
    ON CONFLICT (dept_id) DO NOTHING
    RETURNING dept_id
)
SELECT
    (SELECT count(*) FROM added) AS inserted,
    0 AS updated,
    (SELECT count(*) FROM retailds.dim_dept NATURAL JOIN told) AS unchanged
