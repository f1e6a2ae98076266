-- For how long this transaction waits for a lock that somebody else holds.
SELECT set_config('lock_timeout', %(milliseconds)s::BIGINT::TEXT, true) AS within
