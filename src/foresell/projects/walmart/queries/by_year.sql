-- Sales by year; years are whole only where 52 weeks are in the data
SELECT
    year,
    min(Date) AS first_week,
    max(Date) AS last_week,
    count(DISTINCT Date) AS weeks,
    ROUND(sum(Weekly_Sales), 2) AS sales,
    ROUND(sum(Weekly_Sales) / count(DISTINCT Date), 2) AS mean_weekly_sales
FROM walmart
GROUP BY year
ORDER BY year
