/* JSON read with jansson, and where there is no memory to read all of it, nothing (jsonload.c names the
 * one exception). */
#ifndef AUTOJOIN_SUPPORT_JSONLOAD_H
#define AUTOJOIN_SUPPORT_JSONLOAD_H

#include <jansson.h>
#include <stddef.h>

enum jsonload_status {
    JSONLOAD_OK,
    JSONLOAD_BAD, /* not JSON */
    JSONLOAD_NO_MEMORY,
};

/* Reads a text; `flags` are json_loadb()'s. `*json` is to be given back with json_decref(); NULL unless
 * JSONLOAD_OK. Not thread-safe: meanwhile jansson's allocator, which is the process's, is ours. */
enum jsonload_status jsonload(const char *text, size_t length, size_t flags, json_t **json);

#endif
