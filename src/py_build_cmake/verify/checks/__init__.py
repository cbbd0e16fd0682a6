"""What is right: each module answers one question about the files of a wheel.

* :mod:`.destinations`: is a file where somebody looks for it?
* :mod:`.headers`: the sources were compiled with the headers of the host's Python.
* :mod:`.libraries`: is every library there that a file names?
* :mod:`.loading`: does the loader accept a file's stack, pages and relocations?
* :mod:`.modules`: does a Python of the tag find an extension module, and make it one?
* :mod:`.names`: does every installer put each member where its name says?
* :mod:`.paths`: does a file refer to the machine that it was built on?
* :mod:`.processor`: does a file run on every processor of the tag?
* :mod:`.python`: is a file linked to the Python of the tag?
* :mod:`.runtimes`: can exceptions of C++ cross the libraries?
* :mod:`.scripts`: can the scripts be started after the installation?
* :mod:`.signature`: is a file for macOS signed, and is the signature that of its contents?
* :mod:`.stable_abi`: is what a file uses of Python in the stable ABI of the tag?
* :mod:`.symbols`: is every symbol there that a file needs?
* :mod:`.system`: is a file for the machine and the system of the tag?
"""
