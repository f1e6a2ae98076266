-- Each week of the facts.
SELECT week_date, count(*) AS rows
FROM retailds.fact_sales_weekly
GROUP BY week_date
ORDER BY week_date
