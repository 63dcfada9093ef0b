"""The embedded engine: vLLM's routes over transformers, for a policy and a PPM."""
