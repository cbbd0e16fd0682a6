#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "crc32_table.hpp" // written by make_table during the build

static PyObject *crc32(PyObject *, PyObject *args) {
    Py_buffer data;
    if (!PyArg_ParseTuple(args, "y*:crc32", &data))
        return nullptr;
    const unsigned char *bytes = static_cast<const unsigned char *>(data.buf);
    std::uint32_t crc = 0xFFFFFFFFu;
    for (Py_ssize_t i = 0; i < data.len; ++i)
        crc = crc32_table[(crc ^ bytes[i]) & 0xFF] ^ (crc >> 8);
    PyBuffer_Release(&data);
    return PyLong_FromUnsignedLong(crc ^ 0xFFFFFFFFu);
}

static PyMethodDef methods[] = {
    {"crc32", crc32, METH_VARARGS, "crc32(data)\n--\n\nReturn the CRC-32 of a bytes-like object."},
    {nullptr, nullptr, 0, nullptr},
};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_crc32", "CRC-32 by a generated table.", 0, methods,
    nullptr, nullptr, nullptr, nullptr,
};

PyMODINIT_FUNC PyInit__crc32() { return PyModuleDef_Init(&definition); }
