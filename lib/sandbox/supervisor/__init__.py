"""The confined worker of the sandbox and its planner: see ``../PROTOCOL.md``."""
