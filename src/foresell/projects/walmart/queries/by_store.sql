-- Sales by store, most first
SELECT
    Store AS store,
    Type AS type,
    Size AS size,
    count(DISTINCT Dept) AS departments,
    count(DISTINCT Date) AS weeks,
    sum(Weekly_Sales) AS sales,
    sum(Weekly_Sales) / count(DISTINCT Date) AS mean_weekly_sales,
    sum(Weekly_Sales) / Size AS sales_per_square_foot
FROM walmart
GROUP BY Store, Type, Size
ORDER BY sales DESC, store
