-- Units by store, most first (synthetic data)
SELECT
    store_id,
    city,
    size,
    count(DISTINCT date) AS days,
    sum(units) AS units,
    sum(units) / count(DISTINCT date) AS mean_units_a_day
FROM retail
GROUP BY store_id, city, size
ORDER BY units DESC, store_id
