-- How many rows the facts have, and the view that joins them.
SELECT
    (SELECT count(*) FROM retailds.fact_sales_weekly) AS facts,
    (SELECT count(*) FROM retailds.vw_sales_analytics) AS seen
