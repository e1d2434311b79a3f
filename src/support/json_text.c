#include "build.h"

#include "support/json_text.h"

#include <stdbool.h>
#include <stdlib.h>

/* jansson 2.14 does not look whether the buffer of a string could grow (load.c, lex_save()): the string
 * goes on without the bytes that did not fit, or, if the closing quote is one of them, is copied past its
 * end. Once one allocation has failed all others fail, the copy's too, and no text is read. What this does
 * not reach: a number or a bare word that ends where the buffer had to grow (15 bytes, 31, ...) fails an
 * assertion of jansson's, which ends the process. The hook gets no argument, so that this is the one
 * thing here that is not on a stack. */
static bool exhausted;

static void *take(size_t size)
{
    void *memory = exhausted ? NULL : malloc(size);

    if (!memory)
        exhausted = true;
    return memory;
}

enum json_text_status json_text_load(const char *text, size_t length, size_t flags, json_t **json)
{
    json_malloc_t usual_malloc;
    json_free_t usual_free;

    json_get_alloc_funcs(&usual_malloc, &usual_free);
    json_set_alloc_funcs(take, free);
    exhausted = false;
    *json = json_loadb(text, length, flags, NULL);
    if (exhausted) {
        json_decref(*json);
        *json = NULL;
    }
    json_set_alloc_funcs(usual_malloc, usual_free);
    if (*json)
        return JSON_TEXT_OK;
    return exhausted ? JSON_TEXT_NO_MEMORY : JSON_TEXT_BAD;
}
