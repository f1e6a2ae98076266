-- Units by week from Monday to Sunday; the first and the last may be cut (synthetic data)
SELECT
    date_trunc('week', date)::DATE AS monday,
    count(DISTINCT date) AS days,
    sum(units) AS units
FROM retail
GROUP BY ALL
ORDER BY monday
