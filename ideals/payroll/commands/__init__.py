"""What can be done with payroll, by what it is done to."""
