"""One file a workload: what is computed."""
