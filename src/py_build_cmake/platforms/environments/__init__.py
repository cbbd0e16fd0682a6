"""Environments in which other tools start cross builds, each recognised by a module."""
