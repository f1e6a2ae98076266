-- What is read: the facts with their store, and the planned rows that are still to come.
CREATE OR REPLACE VIEW retailds.vw_sales_analytics AS
SELECT
    fact.store_id,
    fact.dept_id,
    fact.week_date,
    fact.weekly_sales,
    fact.isholiday,
    fact.temperature,
    fact.fuel_price,
    fact.markdown1,
    fact.markdown2,
    fact.markdown3,
    fact.markdown4,
    fact.markdown5,
    fact.cpi,
    fact.unemployment,
    store.store_type,
    store.store_size
FROM retailds.fact_sales_weekly AS fact
JOIN retailds.dim_store AS store ON store.store_id = fact.store_id
JOIN retailds.dim_dept AS dept ON dept.dept_id = fact.dept_id;
COMMENT ON VIEW retailds.vw_sales_analytics IS 'Each row of facts beside its store; no order.';

CREATE OR REPLACE VIEW retailds.vw_sales_plan AS
SELECT
    plan.store_id,
    plan.dept_id,
    plan.week_date,
    plan.isholiday
FROM retailds.plan_sales_weekly AS plan
WHERE plan.week_date > COALESCE(
    (SELECT max(fact.week_date) FROM retailds.fact_sales_weekly AS fact), DATE '-infinity'
);
COMMENT ON VIEW retailds.vw_sales_plan IS 'The planned rows after the last week of facts; no order.';
