"""What HR looks at as a whole: the desk of today, and the search through who changed what."""
