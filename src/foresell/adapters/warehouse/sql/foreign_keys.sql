-- How many foreign keys hold facts and plan to stores and departments: four, unless one was dropped.
SELECT count(*) AS held
FROM pg_catalog.pg_constraint AS made
WHERE made.contype = 'f'
    AND made.convalidated
    AND made.conrelid IN (
        'retailds.fact_sales_weekly'::REGCLASS, 'retailds.plan_sales_weekly'::REGCLASS
    )
    AND made.confrelid IN ('retailds.dim_store'::REGCLASS, 'retailds.dim_dept'::REGCLASS)
