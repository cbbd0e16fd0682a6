"""A subroutine in Fortran, wrapped by f2py."""

from ._smooth import smooth

__all__ = ["smooth"]
