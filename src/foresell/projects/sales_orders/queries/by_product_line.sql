-- Sales by product line, with order lines and distinct orders counted apart
SELECT
    PRODUCTLINE AS product_line,
    count(*) AS order_lines,
    count(DISTINCT ORDERNUMBER) AS orders,
    sum(QUANTITYORDERED) AS units,
    ROUND(sum(SALES), 2) AS sales,
    ROUND(avg(PRICEEACH), 2) AS mean_price,
    ROUND(avg(SALES), 2) AS mean_sales_per_line
FROM sales_orders
GROUP BY PRODUCTLINE
ORDER BY sales DESC, product_line
