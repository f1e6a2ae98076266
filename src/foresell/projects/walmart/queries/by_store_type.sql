-- Sales by type of store
SELECT
    Type AS type,
    count(DISTINCT Store) AS stores,
    ROUND(sum(Weekly_Sales), 2) AS sales,
    ROUND(sum(Weekly_Sales) / count(DISTINCT (Store, Date)), 2) AS mean_weekly_sales_per_store
FROM walmart
GROUP BY Type
ORDER BY Type
