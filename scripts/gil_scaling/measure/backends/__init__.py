"""One file per backend: how the tasks of a workload are run."""
