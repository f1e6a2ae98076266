-- Sales by type of store
SELECT
    Type AS type,
    count(DISTINCT Store) AS stores,
    sum(Weekly_Sales) AS sales,
    sum(Weekly_Sales) / count(DISTINCT (Store, Date)) AS mean_weekly_sales_per_store
FROM walmart
GROUP BY Type
ORDER BY Type
