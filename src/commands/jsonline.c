#include "build.h"

#include "commands/jsonline.h"

#include <stdio.h>

void jsonline_print(json_t *object)
{
    json_dumpf(object, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
    putchar('\n');
    json_decref(object);
    fflush(stdout);
}
