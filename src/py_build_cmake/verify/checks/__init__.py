"""What is right: each module answers one question about the files of a wheel.

* :mod:`.headers`: the sources were compiled with the headers of the host's Python.
* :mod:`.names`: does every installer put each member where its name says?
* :mod:`.paths`: does a file refer to the machine that it was built on?
* :mod:`.python`: is a file for the Python of the tag?
* :mod:`.runtimes`: can exceptions of C++ cross the libraries?
* :mod:`.system`: is a file for the machine and the system of the tag?
"""
