"""The configurations of proxies in the documentation, each run with the real programs. `run.py` starts them."""
