-- Whether a user who is there may do more than a group of the warehouse may; no row: nobody is. Rights
-- come with the user itself, with what it is a member of, owns anywhere on the server, or was granted.
SELECT
    role.rolname = current_user
    OR role.rolsuper OR role.rolcreaterole OR role.rolcreatedb OR role.rolreplication
    OR role.rolbypassrls
    OR EXISTS (
        SELECT FROM pg_catalog.pg_auth_members AS member
        WHERE member.member = role.oid
            AND (member.roleid <> to_regrole(quote_ident(%(group)s)) OR member.admin_option)
    )
    OR EXISTS (
        SELECT FROM pg_catalog.pg_shdepend AS bound
        WHERE bound.refclassid = 'pg_catalog.pg_authid'::regclass
            AND bound.refobjid = role.oid
            AND (
                bound.deptype = 'o'
                OR (
                    bound.deptype = 'a'
                    AND (
                        bound.classid <> 'pg_catalog.pg_database'::regclass
                        OR has_database_privilege(role.oid, bound.objid, 'CREATE')
                    )
                )
            )
    ) AS may_more
FROM pg_catalog.pg_roles AS role
WHERE role.rolname = %(login)s
