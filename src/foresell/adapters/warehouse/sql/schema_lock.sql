-- Take the lock of all who change the warehouse, as soon as nobody holds it.
SELECT pg_advisory_xact_lock(%(lock)s)
