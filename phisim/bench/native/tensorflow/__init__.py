"""Native code in TensorFlow."""
