/* JSON read with jansson, and where there is no memory to read all of it, nothing (json_text.c names the
 * one exception). */
#ifndef AUTOJOIN_SUPPORT_JSON_TEXT_H
#define AUTOJOIN_SUPPORT_JSON_TEXT_H

#include <jansson.h>
#include <stddef.h>

enum json_text_status {
    JSON_TEXT_OK,
    JSON_TEXT_BAD, /* not JSON */
    JSON_TEXT_NO_MEMORY,
};

/* Reads a text; `flags` are json_loadb()'s. `*json` is to be given back with json_decref(); NULL unless
 * JSON_TEXT_OK. Not thread-safe: meanwhile jansson's allocator, which is the process's, is ours. */
enum json_text_status json_text_load(const char *text, size_t length, size_t flags, json_t **json);

#endif
