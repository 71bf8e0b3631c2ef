"""The infrastructure scorecard's place: points from evidence. No part of it is in this release."""
