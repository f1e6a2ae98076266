-- Three groups with least rights; nobody logs in as one: GRANT ingest TO somebody. Groups belong to
-- the whole server, so another database may have made them, or be making them right now.
DO $$
DECLARE
    wanted TEXT;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['ingest', 'read', 'app'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;  -- made by another database since we looked
            END;
        END IF;
    END LOOP;
END
$$;

GRANT USAGE ON SCHEMA retailds TO ingest, read, app;

-- What the warehouse keeps about itself is for all to see.
GRANT SELECT ON
    retailds.schema_migrations,
    retailds.contracts,
    retailds.contract_checks,
    retailds.load_history,
    retailds.vw_sales_analytics,
    retailds.vw_sales_plan
TO ingest, read, app;

GRANT SELECT ON
    retailds.dim_store,
    retailds.dim_dept,
    retailds.fact_sales_weekly,
    retailds.plan_sales_weekly
TO ingest, read;

-- ingest puts in and corrects; what has gone in it can never take out.
GRANT INSERT, UPDATE ON
    retailds.dim_store,
    retailds.dim_dept,
    retailds.fact_sales_weekly,
    retailds.plan_sales_weekly
TO ingest;
GRANT INSERT ON retailds.load_history TO ingest;
GRANT SELECT, INSERT, DELETE ON retailds.stg_sales_weekly, retailds.stg_sales_plan TO ingest;

-- ANALYZE is the owner's alone before PostgreSQL 17, which passes it over with a warning.
DO $$
BEGIN
    IF current_setting('server_version_num')::INTEGER >= 170000 THEN
        GRANT MAINTAIN ON retailds.stg_sales_weekly, retailds.stg_sales_plan TO ingest;
    END IF;
END
$$;
