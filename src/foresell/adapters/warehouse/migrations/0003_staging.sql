-- Where deliveries wait to be checked. A batch is one delivery, and batches never mix. UNLOGGED: a
-- server that crashes empties them, and the delivery is staged again. No key and no NOT NULL, so
-- that a bad delivery gets this far and the check that it fails can name its rows.
CREATE UNLOGGED TABLE IF NOT EXISTS retailds.stg_sales_weekly (
    batch TEXT NOT NULL,
    staged_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    store_id BIGINT,
    dept_id BIGINT,
    week_date DATE,
    weekly_sales DOUBLE PRECISION,
    isholiday BOOLEAN,
    temperature DOUBLE PRECISION,
    fuel_price DOUBLE PRECISION,
    markdown1 DOUBLE PRECISION,
    markdown2 DOUBLE PRECISION,
    markdown3 DOUBLE PRECISION,
    markdown4 DOUBLE PRECISION,
    markdown5 DOUBLE PRECISION,
    cpi DOUBLE PRECISION,
    unemployment DOUBLE PRECISION,
    store_type TEXT,
    store_size BIGINT,
    isholiday_features BOOLEAN
);
COMMENT ON TABLE retailds.stg_sales_weekly IS 'Rows of deliveries that wait to be checked.';
COMMENT ON COLUMN retailds.stg_sales_weekly.isholiday_features IS
    'The flag that the file of the covariates has; compared with isholiday, never merged.';

CREATE UNLOGGED TABLE IF NOT EXISTS retailds.stg_sales_plan (
    batch TEXT NOT NULL,
    staged_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    store_id BIGINT,
    dept_id BIGINT,
    week_date DATE,
    isholiday BOOLEAN
);
COMMENT ON TABLE retailds.stg_sales_plan IS 'Planned rows of deliveries that wait to be checked.';
