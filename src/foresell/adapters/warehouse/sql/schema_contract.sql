-- The project whose rows the tables hold, with the contract and columns its rules were made from.
SELECT project, contract_version, contract_sha256, columns FROM retailds.contracts ORDER BY project
