-- Weeks with a marked holiday against the mean of the other weeks of the same year
WITH weeks AS (
    SELECT Date, year, bool_or(IsHoliday) AS holiday, sum(Weekly_Sales) AS sales
    FROM walmart
    GROUP BY Date, year
),

usual AS (
    SELECT year, avg(sales) AS sales FROM weeks WHERE NOT holiday GROUP BY year
)

SELECT
    weeks.Date AS week,
    ROUND(weeks.sales, 2) AS sales,
    ROUND(usual.sales, 2) AS usual_week,
    weeks.sales / usual.sales - 1 AS lift
FROM weeks
INNER JOIN usual ON weeks.year = usual.year
WHERE weeks.holiday
ORDER BY weeks.Date
