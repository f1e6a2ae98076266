-- Note which contract's rules the tables hold for a project.
INSERT INTO retailds.contracts (project, contract_version, contract_sha256)
VALUES (%(project)s, %(version)s, %(sha256)s)
ON CONFLICT (project) DO UPDATE
SET contract_version = excluded.contract_version,
    contract_sha256 = excluded.contract_sha256,
    applied_at = excluded.applied_at
WHERE (contracts.contract_version, contracts.contract_sha256)
    IS DISTINCT FROM (excluded.contract_version, excluded.contract_sha256)
