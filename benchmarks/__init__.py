"""What allocation costs, each figure beside a yardstick of the same run. See docs/benchmarks.md."""
