-- What keeps transitions as they were written in SQLite, and the view of versions.
CREATE TRIGGER transitions_are_never_changed BEFORE UPDATE ON transitions
BEGIN
    SELECT RAISE(ABORT, 'transitions are append-only');
END
-- next
CREATE TRIGGER transitions_are_never_removed BEFORE DELETE ON transitions
BEGIN
    SELECT RAISE(ABORT, 'transitions are append-only');
END
-- next
CREATE VIEW registry_versions AS
SELECT
    registered.project,
    registered.version,
    json_extract(registered.evidence, '$.digest') AS digest,
    json_extract(registered.evidence, '$.champion') AS champion,
    json_extract(registered.evidence, '$.run_id') AS run_id,
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
        json_extract(registered.evidence, '$.approval')
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
