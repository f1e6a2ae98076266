-- Sales by year and quarter
SELECT
    YEAR_ID AS year,
    QTR_ID AS quarter,
    count(*) AS order_lines,
    count(DISTINCT ORDERNUMBER) AS orders,
    ROUND(sum(SALES), 2) AS sales
FROM sales_orders
GROUP BY YEAR_ID, QTR_ID
ORDER BY YEAR_ID, QTR_ID
