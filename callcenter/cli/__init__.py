"""The command line: what people and scripts rely on (DESIGN.md §5)."""
