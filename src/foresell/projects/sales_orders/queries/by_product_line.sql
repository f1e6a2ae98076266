-- Sales by product line, with order lines and distinct orders counted apart
SELECT
    PRODUCTLINE AS product_line,
    count(*) AS order_lines,
    count(DISTINCT ORDERNUMBER) AS orders,
    sum(QUANTITYORDERED) AS units,
    sum(SALES) AS sales,
    avg(PRICEEACH) AS mean_price,
    avg(SALES) AS mean_sales_per_line
FROM sales_orders
GROUP BY PRODUCTLINE
ORDER BY sales DESC, product_line
