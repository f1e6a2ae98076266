-- How much the facts hold of the weeks of one load.
SELECT
    count(*) AS rows,
    count(DISTINCT store_id) AS stores,
    count(DISTINCT dept_id) AS depts,
    count(DISTINCT week_date) AS weeks
FROM retailds.fact_sales_weekly
WHERE week_date BETWEEN %(first_week)s::DATE AND %(last_week)s::DATE
