/* What src/ asks memory by: its own allocations, and the libraries' objects. */
#include "build.h"

#include "wrapping.h"

#include <curl/curl.h>
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/mman.h>

#define WRAP_ALLOCATION(type, name, parameters, arguments)                                  \
    WRAPPED(type, name, parameters)                                                         \
    {                                                                                       \
        return failing_now(FAILING_MEMORY, #name, ENOMEM) ? NULL : __real_##name arguments; \
    }

WRAP_ALLOCATION(void *, malloc, (size_t size), (size))
WRAP_ALLOCATION(void *, calloc, (size_t count, size_t size), (count, size))
WRAP_ALLOCATION(void *, realloc, (void *old, size_t size), (old, size))
WRAP_ALLOCATION(char *, strdup, (const char *text), (text))
WRAP_ALLOCATION(char *, strndup, (const char *text, size_t length), (text, length))
WRAP_ALLOCATION(struct event_base *, event_base_new, (void), ())
WRAP_ALLOCATION(struct event *, event_new,
                (struct event_base *base, evutil_socket_t descriptor, short what,
                 event_callback_fn callback, void *argument),
                (base, descriptor, what, callback, argument))
WRAP_ALLOCATION(CURL *, curl_easy_init, (void), ())
WRAP_ALLOCATION(CURLM *, curl_multi_init, (void), ())
WRAP_ALLOCATION(CURLSH *, curl_share_init, (void), ())
WRAP_ALLOCATION(struct curl_slist *, curl_slist_append, (struct curl_slist *list, const char *text),
                (list, text))

/* Its place in libevent's heap or the kernel's table may not be had. */
WRAPPED(int, event_add, (struct event * event, const struct timeval *delay))
{
    return failing_now(FAILING_EVENT, "event_add", ENOMEM) ? -1 : __real_event_add(event, delay);
}

WRAPPED(int, mlock, (const void *at, size_t length))
{
    return failing_now(FAILING_MEMORY, "mlock", ENOMEM) ? -1 : __real_mlock(at, length);
}

WRAPPED(void *, mmap,
        (void *at, size_t length, int protection, int flags, int descriptor, off_t offset))
{
    return failing_now(FAILING_MEMORY, "mmap", ENOMEM)
               ? MAP_FAILED
               : __real_mmap(at, length, protection, flags, descriptor, offset);
}
