"""The verifier that every pack carries: one file of the standard library alone, read before it is run."""
