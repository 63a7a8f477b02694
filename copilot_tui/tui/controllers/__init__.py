"""What the keys do, one room for each thing. Controllers change things, and tell the widgets."""
