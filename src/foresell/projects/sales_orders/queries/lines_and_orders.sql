-- Order lines and distinct orders: how many of each, and how many lines an order has
SELECT
    count(*) AS order_lines,
    count(DISTINCT ORDERNUMBER) AS orders,
    count(*) / count(DISTINCT ORDERNUMBER) AS lines_per_order,
    ROUND(sum(SALES), 2) AS sales,
    ROUND(sum(SALES) / count(*), 2) AS sales_per_line,
    ROUND(sum(SALES) / count(DISTINCT ORDERNUMBER), 2) AS sales_per_order
FROM sales_orders
