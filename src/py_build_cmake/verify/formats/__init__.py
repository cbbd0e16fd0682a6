"""What compiled files say about themselves; none of them is trusted.

* :mod:`.reading`: which format a file has, by its contents.
* :mod:`.report`: what is known of a file of any format.
* :mod:`.view`: bounded reads from a part of a file.
* :mod:`.elf`: Linux, Android and the BSDs.
* :mod:`.macho`: macOS and iOS.
* :mod:`.pe`: Windows, and COFF objects.
* :mod:`.wasm`: WebAssembly.
* :mod:`.ar`: static libraries.
"""
