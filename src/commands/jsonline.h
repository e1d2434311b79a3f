/* One JSON object a line on standard output, for programs that read us. */
#ifndef AUTOJOIN_COMMANDS_JSONLINE_H
#define AUTOJOIN_COMMANDS_JSONLINE_H

#include <jansson.h>

/* Prints the object in ASCII and gives it back (a stolen reference, as json_pack() returns it). */
void jsonline_print(json_t *object);

#endif
