-- The weeks and stores whose two holiday flags disagree; and how many there are.
SELECT store_id, week_date, isholiday, isholiday_features, count(*) AS rows
FROM retailds.stg_sales_weekly
WHERE batch = %(batch)s AND isholiday <> isholiday_features
GROUP BY store_id, week_date, isholiday, isholiday_features
ORDER BY store_id, week_date
LIMIT %(examples)s
