"""Demo organisations, made through the same commands people use; and builders for tests."""
