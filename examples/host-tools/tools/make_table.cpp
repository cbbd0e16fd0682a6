// Writes the table of the CRC-32 (polynomial 0xEDB88320) as a C++ header. It runs on the machine
// that builds the package, never on the one that the package is for.

#include <cstdint>
#include <cstdio>
#include <fstream>

int main(int argc, char *argv[]) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: make_table OUTPUT\n");
        return 2;
    }
    std::ofstream out(argv[1]);
    out << "#include <cstdint>\n\nstatic const std::uint32_t crc32_table[256] = {" << std::hex;
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t value = byte;
        for (int bit = 0; bit < 8; ++bit)
            value = (value & 1) ? (value >> 1) ^ 0xEDB88320u : value >> 1;
        out << (byte % 8 == 0 ? "\n    " : " ") << "0x" << value << "u,";
    }
    out << "\n};\n";
    out.close();
    if (!out) {
        std::fprintf(stderr, "make_table: cannot write %s\n", argv[1]);
        return 1;
    }
    return 0;
}
