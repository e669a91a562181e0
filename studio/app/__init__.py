"""Everything Qt. Nothing outside this package imports it but `studio.cli`, and only to open it."""
