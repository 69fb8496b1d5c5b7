"""What price rules, or a version of a scheme, would have meant: worked out part by part, kept."""
