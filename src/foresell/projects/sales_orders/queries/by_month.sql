-- Sales by month
SELECT
    date_trunc('month', ORDERDATE)::DATE AS month,
    count(*) AS order_lines,
    count(DISTINCT ORDERNUMBER) AS orders,
    ROUND(sum(SALES), 2) AS sales
FROM sales_orders
GROUP BY ALL
ORDER BY month
