-- Three groups with least rights; nobody logs in as one: GRANT ingest TO somebody. Groups belong to
-- the whole server, so another database may have made them, or be making them right now. What we
-- made bears our mark. A role that only has the name is not taken over if that gave rights to
-- somebody, or if somebody's rights came with it.
DO $$
DECLARE
    mark CONSTANT TEXT := 'foresell: a group of the warehouse retailds; nobody logs in as it';
    wanted TEXT;
    found RECORD;
    why TEXT;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['ingest', 'read', 'app'] LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
                EXECUTE format('COMMENT ON ROLE %I IS %L', wanted, mark);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;  -- made by another database since we looked
            END;
        END IF;
        SELECT
            role.*,
            shobj_description(role.oid, 'pg_authid') IS NOT DISTINCT FROM mark AS ours,
            -- Who makes a role may administer it from PostgreSQL 16 on, and has none of its rights.
            EXISTS (
                SELECT FROM pg_catalog.pg_auth_members AS bond
                WHERE bond.roleid = role.oid
                    AND (
                        COALESCE(to_jsonb(bond) ->> 'inherit_option', 'true') = 'true'
                        OR COALESCE(to_jsonb(bond) ->> 'set_option', 'true') = 'true'
                    )
            ) AS has_members,
            EXISTS (
                SELECT FROM pg_catalog.pg_auth_members AS bond WHERE bond.member = role.oid
            ) AS is_member
        INTO found
        FROM pg_catalog.pg_roles AS role
        WHERE role.rolname = wanted;
        why := CASE
            WHEN found.rolsuper THEN 'it is a superuser'
            WHEN found.rolcanlogin THEN 'it can log in'
            WHEN found.rolcreaterole THEN 'it may make roles'
            WHEN found.rolcreatedb THEN 'it may make databases'
            WHEN found.rolreplication THEN 'it may replicate'
            WHEN found.rolbypassrls THEN 'it passes row security by'
            WHEN found.is_member THEN 'it is a member of another role'
            WHEN found.has_members AND NOT found.ours THEN 'it has members'
        END;
        IF why IS NOT NULL THEN
            RAISE EXCEPTION 'the role % was there before and is not ours: %', wanted, why
                USING ERRCODE = 'duplicate_object';
        END IF;
        IF NOT found.ours THEN
            EXECUTE format('COMMENT ON ROLE %I IS %L', wanted, mark);
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

-- ingest puts in and corrects what was measured, never a key. What was sold it can never take out;
-- a plan is replaced by the next one.
GRANT INSERT ON
    retailds.dim_store,
    retailds.dim_dept,
    retailds.fact_sales_weekly,
    retailds.plan_sales_weekly
TO ingest;
GRANT UPDATE (store_type, store_size) ON retailds.dim_store TO ingest;
GRANT UPDATE (
    weekly_sales, isholiday, temperature, fuel_price, markdown1, markdown2, markdown3, markdown4,
    markdown5, cpi, unemployment
) ON retailds.fact_sales_weekly TO ingest;
GRANT UPDATE (isholiday), DELETE ON retailds.plan_sales_weekly TO ingest;
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
