"""The database: tables, connections, migrations, and a module of queries for each noun."""
