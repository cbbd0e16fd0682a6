"""Projects that make a wheel of their own from a main project: stubs, and components.

* :mod:`.hooks`: the hooks of their build backends.
* :mod:`.stubs`: the stubs of a main project as a wheel for every system.
* :mod:`.component`: what the main project installs apart from its own wheel.
* :mod:`.main_project`: the configuration, the plan and the requirements of the main project.
* :mod:`.companion_metadata`: their metadata, which partly come from the main project.
* :mod:`.companion_sdist`: their source distributions, with a copy of the main project.
"""
