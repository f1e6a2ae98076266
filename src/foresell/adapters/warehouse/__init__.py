"""The star schema ``retailds`` on PostgreSQL: its migrations, and a load that is all or nothing."""
