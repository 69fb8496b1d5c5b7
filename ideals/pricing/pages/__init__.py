"""What people read about prices: rules, indicators, price lists."""
