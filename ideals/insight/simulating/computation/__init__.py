"""What a part of each kind of simulation comes to."""
