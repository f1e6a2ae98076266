-- Note which contract's rules the tables hold for a project, and which column is which.
INSERT INTO retailds.contracts (project, contract_version, contract_sha256, columns)
VALUES (%(project)s, %(version)s, %(sha256)s, %(columns)s)
ON CONFLICT (project) DO UPDATE
SET contract_version = excluded.contract_version,
    contract_sha256 = excluded.contract_sha256,
    columns = excluded.columns,
    applied_at = excluded.applied_at
WHERE (contracts.contract_version, contracts.contract_sha256, contracts.columns)
    IS DISTINCT FROM (excluded.contract_version, excluded.contract_sha256, excluded.columns)
