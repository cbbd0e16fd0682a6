"""What compiled files say about themselves; none of them is trusted.

* :mod:`.reading`: which format a file has, by its contents.
* :mod:`.report`: what is known of a file of any format.
* :mod:`.view`: bounded reads from a part of a file.
* :mod:`.elf`: Linux, Android and the BSDs.
* :mod:`.elf_image`: the parts of an ELF file that a loader goes by.
* :mod:`.elf_processors`: what an ELF file says of the processors that it needs.
* :mod:`.elf_symbols`: the dynamic symbols of an ELF file, and their versions.
* :mod:`.macho`: macOS and iOS.
* :mod:`.macho_signature`: whether the signature of a Mach-O file fits it.
* :mod:`.macho_symbols`: the symbols of a Mach-O file.
* :mod:`.pe`: Windows, and COFF objects.
* :mod:`.wasm`: WebAssembly.
* :mod:`.ar`: static libraries.
"""
