"""One file a backend: how the tasks of a workload are run."""
