-- What keeps transitions as they were written in PostgreSQL, and the view of versions.
CREATE FUNCTION refuse_change_of_transitions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'transitions are append-only';
END
$$
-- next
CREATE TRIGGER transitions_are_never_changed
BEFORE UPDATE OR DELETE OR TRUNCATE ON transitions
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_transitions()
-- next
CREATE VIEW registry_versions AS
SELECT
    registered.project,
    registered.version,
    registered.evidence::json ->> 'digest' AS digest,
    registered.evidence::json ->> 'champion' AS champion,
    registered.evidence::json ->> 'run_id' AS run_id,
    registered.at AS registered_at,
    registered.who,
    COALESCE(
        (
            SELECT CASE decided.action WHEN 'approve' THEN 'Approved' ELSE 'Rejected' END
            FROM transitions AS decided
            WHERE
                decided.project = registered.project
                AND decided.version = registered.version
                AND decided.action IN ('approve', 'reject')
            ORDER BY decided.number DESC
            LIMIT 1
        ),
        registered.evidence::json ->> 'approval'
    ) AS approval,
    COALESCE(
        registered.version = (
            SELECT moved.after_version
            FROM transitions AS moved
            WHERE moved.project = registered.project AND moved.alias = 'staging'
            ORDER BY moved.number DESC
            LIMIT 1
        ),
        FALSE
    ) AS staging,
    COALESCE(
        registered.version = (
            SELECT moved.after_version
            FROM transitions AS moved
            WHERE moved.project = registered.project AND moved.alias = 'prod'
            ORDER BY moved.number DESC
            LIMIT 1
        ),
        FALSE
    ) AS prod
FROM transitions AS registered
WHERE registered.action = 'register'
