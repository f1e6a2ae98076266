-- Districts whose value stands at 500,000 USD or at the cap just above, beside the others
SELECT
    MedHouseVal >= 5 AS capped,
    count(*) AS districts,
    count(*) / sum(count(*)) OVER () AS share,
    avg(MedInc) AS mean_income,
    avg(HouseAge) AS mean_age,
    max(MedHouseVal) AS highest_value
FROM california_housing
GROUP BY ALL
ORDER BY capped
