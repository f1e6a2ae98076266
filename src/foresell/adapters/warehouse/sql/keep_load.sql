-- One more load in the history; its number.
INSERT INTO retailds.load_history (
    batch, project, source, contract_version, contract_sha256, staged, duplicates, planned, rows,
    stores, depts, series, weeks, first_week, last_week, report
)
VALUES (
    %(batch)s, %(project)s, %(source)s, %(contract_version)s, %(contract_sha256)s, %(staged)s,
    %(duplicates)s, %(planned)s, %(rows)s, %(stores)s, %(depts)s, %(series)s, %(weeks)s,
    %(first_week)s, %(last_week)s, %(report)s
)
RETURNING load_id
