-- Order lines and distinct orders: how many of each, and how many lines an order has
SELECT
    count(*) AS order_lines,
    count(DISTINCT ORDERNUMBER) AS orders,
    count(*) / count(DISTINCT ORDERNUMBER) AS lines_per_order,
    sum(SALES) AS sales,
    sum(SALES) / count(*) AS sales_per_line,
    sum(SALES) / count(DISTINCT ORDERNUMBER) AS sales_per_order
FROM sales_orders
