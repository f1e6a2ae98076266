-- Sales by year, with the months that are in the data
SELECT
    YEAR_ID AS year,
    count(DISTINCT MONTH_ID) AS months,
    count(*) AS order_lines,
    count(DISTINCT ORDERNUMBER) AS orders,
    sum(QUANTITYORDERED) AS units,
    ROUND(sum(SALES), 2) AS sales
FROM sales_orders
GROUP BY YEAR_ID
ORDER BY YEAR_ID
