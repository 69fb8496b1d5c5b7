"""How things stand today: as many questions, however many people, orders and deals there are."""
