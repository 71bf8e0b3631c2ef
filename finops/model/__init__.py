"""The words of the product as plain values: tables, periods, money, problems. Standard library only."""
