"""Attacks on a worker, for tests and for the self check of a host: a corpus runner and a fuzzer."""
