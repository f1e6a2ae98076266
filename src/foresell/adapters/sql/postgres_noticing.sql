-- For this transaction alone: a client that has gone without a word, its machine lost or its process
-- killed, is noticed soon. Else what it did would go on, and its locks be held, for up to hours.
SELECT set_config(wanted.name, wanted.value, TRUE)
FROM (
    VALUES
        ('tcp_keepalives_idle', '30', '%'),
        ('tcp_keepalives_interval', '10', '%'),
        ('tcp_keepalives_count', '3', '%'),
        ('client_connection_check_interval', '5s', '%linux%') -- elsewhere it may be refused
) AS wanted (name, value, machine)
JOIN pg_catalog.pg_settings AS known ON known.name = wanted.name
WHERE version() LIKE wanted.machine
