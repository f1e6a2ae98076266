-- Sales by department, most first
SELECT
    Dept AS department,
    count(DISTINCT Store) AS stores,
    count(*) AS store_weeks,
    ROUND(sum(Weekly_Sales), 2) AS sales,
    ROUND(avg(Weekly_Sales), 2) AS mean_weekly_sales,
    count(*) FILTER (WHERE Weekly_Sales < 0) AS negative_weeks
FROM walmart
GROUP BY Dept
ORDER BY sales DESC, department
