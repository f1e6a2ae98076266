-- House values by band of median income, one band for each 10,000 USD
SELECT
    floor(MedInc)::INTEGER AS income_from,
    count(*) AS districts,
    avg(MedHouseVal) AS mean_value,
    median(MedHouseVal) AS median_value,
    avg((MedHouseVal >= 5)::INTEGER) AS share_capped
FROM california_housing
GROUP BY ALL
ORDER BY income_from
