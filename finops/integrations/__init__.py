"""What finops brings to other programs, to run inside them: standard library only, and never in their way."""
