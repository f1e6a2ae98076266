-- Take out rows that were left in staging: nobody lets them in any more.
DELETE FROM retailds.stg_sales_weekly WHERE staged_at < now() - make_interval(days => %(days)s)
