#define PY_SSIZE_T_CLEAN
#include <Python.h>
#ifdef WITH_ZLIB
#include <zlib.h>
#else
#define crc32(start, data, size) 0x8ee43421ul
#endif

int surface(void);

static PyObject *answer(PyObject *self, PyObject *unused) {
    unsigned long sum = crc32(0, (const unsigned char *)"repair", 6);
    (void)self, (void)unused;
    return Py_BuildValue("ik", surface(), sum);
}

static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_native", NULL, -1, methods};
PyMODINIT_FUNC PyInit__native(void) { return PyModule_Create(&module); }
