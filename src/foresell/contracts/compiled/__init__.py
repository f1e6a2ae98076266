"""What a contract is compiled to: one module a form, every rule from `contract_rules`."""
