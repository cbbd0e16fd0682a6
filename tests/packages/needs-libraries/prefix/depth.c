int depth(void) { return 40; }
