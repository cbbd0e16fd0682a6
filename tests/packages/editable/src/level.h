#define LEVEL 0
