-- House values by degree of latitude, south to north
SELECT
    floor(Latitude)::INTEGER AS latitude_from,
    count(*) AS districts,
    sum(Population) AS population,
    avg(MedHouseVal) AS mean_value,
    median(MedHouseVal) AS median_value
FROM california_housing
GROUP BY ALL
ORDER BY latitude_from
