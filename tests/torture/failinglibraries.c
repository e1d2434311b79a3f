/* The libraries' own allocations, by the hooks that they have for it: malloc() and the others here are
 * those of failingmemory.c. */
#include "build.h"

#include "wrapping.h"

#include <curl/curl.h>
#include <event2/event.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

static bool armed;

WRAPPED(CURLcode, curl_global_init, (long flags))
{
    return armed ? curl_global_init_mem(flags, malloc, free, realloc, strdup, calloc)
                 : __real_curl_global_init(flags);
}

static void *crypto_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return malloc(size);
}

static void *crypto_realloc(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return realloc(old, size);
}

static void crypto_free(void *old, const char *file, int line)
{
    (void)file;
    (void)line;
    free(old);
}

void failinglibraries_arm(void)
{
    armed = true;
    event_set_mem_functions(malloc, realloc, free);
    json_set_alloc_funcs(malloc, free);
    CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free);
}
