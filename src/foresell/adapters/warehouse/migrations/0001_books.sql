-- What the warehouse keeps about itself: which migrations it has had, which rules its rows obey, and
-- what was loaded. Every file here may be run again, by foresell or by hand with psql.
CREATE SCHEMA IF NOT EXISTS retailds;
COMMENT ON SCHEMA retailds IS 'Weekly sales by store and department; foresell warehouse keeps it.';

CREATE TABLE IF NOT EXISTS retailds.schema_migrations (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    applied_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
COMMENT ON TABLE retailds.schema_migrations IS
    'The numbered files that made this schema, with the hash of what was run.';

CREATE TABLE IF NOT EXISTS retailds.contracts (
    project TEXT PRIMARY KEY,
    contract_version TEXT NOT NULL,
    contract_sha256 TEXT NOT NULL,
    columns JSONB NOT NULL,
    applied_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
COMMENT ON TABLE retailds.contracts IS
    'The project whose rows these are, the contract that they must fulfil, and its columns here.';

CREATE TABLE IF NOT EXISTS retailds.contract_checks (
    project TEXT NOT NULL REFERENCES retailds.contracts,
    table_name TEXT NOT NULL,
    constraint_name TEXT NOT NULL,
    rule TEXT NOT NULL,
    compiled TEXT NOT NULL,
    definition TEXT NOT NULL,
    PRIMARY KEY (table_name, constraint_name)
);
COMMENT ON TABLE retailds.contract_checks IS
    'The constraints that a contract was compiled to: as compiled, and as PostgreSQL shows them.';

CREATE TABLE IF NOT EXISTS retailds.load_history (
    load_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    batch TEXT NOT NULL,
    project TEXT NOT NULL,
    source TEXT NOT NULL,
    contract_version TEXT NOT NULL,
    contract_sha256 TEXT NOT NULL,
    loaded_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    staged BIGINT NOT NULL,
    duplicates BIGINT NOT NULL,
    planned BIGINT NOT NULL,
    rows BIGINT NOT NULL,
    stores BIGINT NOT NULL,
    depts BIGINT NOT NULL,
    series BIGINT NOT NULL,
    weeks BIGINT NOT NULL,
    first_week DATE NOT NULL,
    last_week DATE NOT NULL,
    report JSONB NOT NULL
);
COMMENT ON TABLE retailds.load_history IS 'One row for each delivery that went in; never changed.';
