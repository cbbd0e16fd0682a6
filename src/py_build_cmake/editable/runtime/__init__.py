"""What an editable install needs at run time.

These modules are copied into every editable wheel, beside a generated ``__init__.py``. They run
in the environment of the user, where nothing of this program need be installed: they import the
standard library and each other, late where it takes time.
"""
