-- How many departments a delivery tells of, those that are only planned too.
SELECT count(*) AS depts
FROM (
    SELECT dept_id FROM retailds.stg_sales_weekly WHERE batch = %(batch)s
    UNION
    SELECT dept_id FROM retailds.stg_sales_plan WHERE batch = %(batch)s
) AS dept
