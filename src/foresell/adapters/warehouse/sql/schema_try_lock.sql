-- Take the lock of all who change the warehouse, if nobody holds it; the transaction's end frees it.
SELECT pg_try_advisory_xact_lock(%(lock)s) AS taken
