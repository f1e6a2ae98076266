-- Take out planned rows that were left in staging: nobody lets them in any more.
DELETE FROM retailds.stg_sales_plan WHERE staged_at < now() - make_interval(days => %(days)s)
