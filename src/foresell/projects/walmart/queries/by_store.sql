-- Sales by store, most first
SELECT
    Store AS store,
    Type AS type,
    Size AS size,
    count(DISTINCT Dept) AS departments,
    count(DISTINCT Date) AS weeks,
    ROUND(sum(Weekly_Sales), 2) AS sales,
    ROUND(sum(Weekly_Sales) / count(DISTINCT Date), 2) AS mean_weekly_sales,
    ROUND(sum(Weekly_Sales) / Size, 2) AS sales_per_square_foot
FROM walmart
GROUP BY Store, Type, Size
ORDER BY sales DESC, store
