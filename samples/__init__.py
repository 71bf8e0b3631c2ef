"""The sample company: its files, what is planted in them, and the program that writes them."""
