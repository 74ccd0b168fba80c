"""The public API of PEDL: its modules are generated from the protos of the same names."""
