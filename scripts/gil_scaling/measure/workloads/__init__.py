"""One file per workload: what is computed."""
