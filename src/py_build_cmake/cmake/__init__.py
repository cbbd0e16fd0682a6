"""Driving CMake: programs, command lines, preload cache, hints, environment, the runner."""
