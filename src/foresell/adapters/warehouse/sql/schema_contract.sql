-- The contract whose rules the tables hold for a project.
SELECT contract_version, contract_sha256 FROM retailds.contracts WHERE project = %(project)s
