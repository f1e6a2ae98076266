-- Whether a user who is there may do more than a group of the warehouse may; no row: nobody is.
SELECT
    rolname = current_user
    OR rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls
    OR EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspowner = pg_roles.oid)
        AS may_more
FROM pg_catalog.pg_roles
WHERE rolname = %(login)s
