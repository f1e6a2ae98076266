-- Whether whoever asks may read a table of the warehouse.
SELECT has_table_privilege('retailds.' || quote_ident(%(table)s), 'SELECT') AS readable
