"""Helpers shared by the tests: building wheels as a user does, looking into them, host systems."""
