-- Each week of the facts; or of some weeks and the one before and the one after.
SELECT week_date, count(*) AS rows
FROM retailds.fact_sales_weekly
WHERE %(first_week)s::DATE IS NULL
    OR week_date BETWEEN coalesce(
        (
            SELECT max(week_date) FROM retailds.fact_sales_weekly
            WHERE week_date < %(first_week)s::DATE
        ),
        %(first_week)s::DATE
    ) AND coalesce(
        (
            SELECT min(week_date) FROM retailds.fact_sales_weekly
            WHERE week_date > %(last_week)s::DATE
        ),
        %(last_week)s::DATE
    )
GROUP BY week_date
ORDER BY week_date
