"""The interactive terminal application's place. No part of it is in this release."""
