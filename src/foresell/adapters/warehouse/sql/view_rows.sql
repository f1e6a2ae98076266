-- How many rows of some weeks, or of all, the facts have, and the view that joins them.
SELECT
    (
        SELECT count(*) FROM retailds.fact_sales_weekly
        WHERE %(first_week)s::DATE IS NULL
            OR week_date BETWEEN %(first_week)s::DATE AND %(last_week)s::DATE
    ) AS facts,
    (
        SELECT count(*) FROM retailds.vw_sales_analytics
        WHERE %(first_week)s::DATE IS NULL
            OR week_date BETWEEN %(first_week)s::DATE AND %(last_week)s::DATE
    ) AS seen
