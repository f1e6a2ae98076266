-- Units by category, most first (synthetic data)
SELECT
    category,
    count(DISTINCT store_id) AS stores,
    sum(units) AS units,
    sum(units) / sum(sum(units)) OVER () AS share_of_all_units,
    ROUND(avg(price), 2) AS mean_price
FROM retail
GROUP BY category
ORDER BY units DESC, category
