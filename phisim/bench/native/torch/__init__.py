"""Native code in PyTorch."""
