/* The responder, its main() a function. */
int responder_main(int argc, char **argv);
#define main responder_main
#include "responder.c"
