"""What rules of prices, or a new version of a scheme, would do to everybody."""
