-- Sales by week, with the week a year before
SELECT
    Date AS week,
    bool_or(IsHoliday) AS holiday,
    count(*) AS series,
    ROUND(sum(Weekly_Sales), 2) AS sales,
    ROUND(lag(sum(Weekly_Sales), 52) OVER (ORDER BY Date), 2) AS sales_52_weeks_before
FROM walmart
GROUP BY Date
ORDER BY Date
