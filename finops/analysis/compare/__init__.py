"""What changed between two periods: each difference taken apart into price, usage, mix, new and gone."""
