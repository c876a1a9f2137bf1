"""The analysing side: run records to tables, figures and the report. It starts nothing and reads files only."""
