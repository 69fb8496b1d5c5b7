"""HR's desk: how things stand today in one page, each number one click from its people and rows."""
