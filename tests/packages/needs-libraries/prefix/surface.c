int depth(void);
int surface(void) { return depth() + 2; }
