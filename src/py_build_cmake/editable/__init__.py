"""Editable wheels: paths and links in the place of files, and rebuilding at import.

* :mod:`.layout`: which form an editable install has, and where its parts are.
* :mod:`.install`: makes the install of what a build put into the staging directory.
* :mod:`.wheel_files`: the files that the wheel has of its own.
* :mod:`.recording`: remembers the commands of a build, so that they can run again.
* :mod:`.isolation`: what to do about build environments that are removed after the build.
* :mod:`.runtime`: what runs in the user's environment without this program.
"""
