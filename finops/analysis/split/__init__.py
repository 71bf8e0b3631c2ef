"""The bill row by row, each charge split among those who used what it pays for."""
