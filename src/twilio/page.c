#include "build.h"

#include "twilio/page.h"

#include <string.h>

#include "support/jsonload.h"
#include "support/origin.h"
#include "twilio/requesttarget.h"

enum page_status page_load(const char *body, size_t length, json_t **page)
{
    switch (jsonload(body, length, 0, page)) {
    case JSONLOAD_OK:
        return PAGE_OK;
    case JSONLOAD_NO_MEMORY:
        return PAGE_NO_MEMORY;
    case JSONLOAD_BAD:
        break;
    }
    return PAGE_BAD;
}

enum page_status page_read_next(const json_t *page, const char *api_url, char *next, size_t size)
{
    const json_t *meta = json_object_get(page, "meta");
    const char *url = json_string_value(json_object_get(meta, "next_page_url"));
    struct origin ours, theirs;

    next[0] = '\0';
    if (!json_is_object(meta))
        return PAGE_BAD;
    if (!url)
        return PAGE_OK;
    if (!origin_parse(&theirs, url, strlen(url)) ||
        !origin_parse(&ours, api_url, strlen(api_url)) || !origin_same(&ours, &theirs) ||
        theirs.userinfo || url[theirs.length] != '/')
        return PAGE_FOREIGN;
    if (strlen(url + theirs.length) >= size || !requesttarget_valid(url + theirs.length))
        return PAGE_BAD;
    memcpy(next, url + theirs.length, strlen(url + theirs.length) + 1);
    return PAGE_OK;
}
