"""Facts about payroll, by what they are about: codes, what is written, bonuses, rows of files."""
