#define EDIT_ME 1
