-- The ten countries with the most sales
SELECT
    COUNTRY AS country,
    count(*) AS order_lines,
    count(DISTINCT ORDERNUMBER) AS orders,
    ROUND(sum(SALES), 2) AS sales,
    sum(SALES) / sum(sum(SALES)) OVER () AS share_of_all_sales
FROM sales_orders
GROUP BY COUNTRY
ORDER BY sales DESC, country
LIMIT 10
