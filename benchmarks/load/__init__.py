"""What the load benchmarks are made of: clients, a naive peer, a sampling profiler, and figures."""
