-- The star: one row of facts for each store, department and week, beside its store and department.
-- DOUBLE PRECISION, because what comes out must be the bits that went in.
CREATE TABLE IF NOT EXISTS retailds.dim_store (
    store_id BIGINT PRIMARY KEY,
    store_type TEXT NOT NULL,
    store_size BIGINT NOT NULL
);
COMMENT ON TABLE retailds.dim_store IS 'One row for each store.';

CREATE TABLE IF NOT EXISTS retailds.dim_dept (
    dept_id BIGINT PRIMARY KEY
);
COMMENT ON TABLE retailds.dim_dept IS 'One row for each department.';

CREATE TABLE IF NOT EXISTS retailds.fact_sales_weekly (
    store_id BIGINT NOT NULL REFERENCES retailds.dim_store,
    dept_id BIGINT NOT NULL REFERENCES retailds.dim_dept,
    week_date DATE NOT NULL,
    weekly_sales DOUBLE PRECISION NOT NULL,
    isholiday BOOLEAN NOT NULL,
    temperature DOUBLE PRECISION,
    fuel_price DOUBLE PRECISION,
    markdown1 DOUBLE PRECISION,
    markdown2 DOUBLE PRECISION,
    markdown3 DOUBLE PRECISION,
    markdown4 DOUBLE PRECISION,
    markdown5 DOUBLE PRECISION,
    cpi DOUBLE PRECISION,
    unemployment DOUBLE PRECISION,
    PRIMARY KEY (store_id, dept_id, week_date)
);
COMMENT ON TABLE retailds.fact_sales_weekly IS
    'One row for each store, department and week, with what was measured then.';

CREATE TABLE IF NOT EXISTS retailds.plan_sales_weekly (
    store_id BIGINT NOT NULL REFERENCES retailds.dim_store,
    dept_id BIGINT NOT NULL REFERENCES retailds.dim_dept,
    week_date DATE NOT NULL,
    isholiday BOOLEAN NOT NULL,
    PRIMARY KEY (store_id, dept_id, week_date)
);
COMMENT ON TABLE retailds.plan_sales_weekly IS
    'The rows that a project is asked for, with what is known of them beforehand.';
