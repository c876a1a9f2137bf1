"""The code of the workflow: expanding the config, measuring, analysing."""
