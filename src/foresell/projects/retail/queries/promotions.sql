-- Units a day with and without a promotion in the category (synthetic data)
SELECT
    category,
    promotion > 0 AS on_promotion,
    count(DISTINCT date) AS days,
    avg(units) AS mean_units,
    avg(discount) AS mean_discount
FROM retail
GROUP BY ALL
ORDER BY category, on_promotion
