/* The operator's tool, its main() a function. */
int operator_main(int argc, char **argv);
#define main operator_main
#include "operator.c"
