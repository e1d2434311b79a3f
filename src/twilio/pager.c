#include "build.h"

#include "twilio/pager.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/clock.h"
#include "support/json_text.h"
#include "support/origin.h"
#include "support/log.h"
#include "support/sid.h"
#include "twilio/resources.h"

#ifndef PAGER_BACKOFF_MS /* shorter for a test */
#define PAGER_BACKOFF_MS 500
#endif

enum { TIMEOUT_MS = 30 * 1000, TRIES = 6 };

#define PAGE_SIZE "PageSize="

/* meta.next_page_url, which is whole; our credentials go nowhere but to our own host. */
static enum ask_status read_next(const json_t *page, const char *api_url, char *next, size_t size)
{
    const json_t *meta = json_object_get(page, "meta");
    const char *url = json_string_value(json_object_get(meta, "next_page_url"));
    struct origin ours, theirs;

    if (!json_is_object(meta))
        return ASK_OTHER_SHAPE;
    if (!url)
        return ASK_OK;
    if (!origin_parse(&theirs, url, strlen(url)) ||
        !origin_parse(&ours, api_url, strlen(api_url)) || !origin_same(&ours, &theirs) ||
        theirs.userinfo || url[theirs.length] != '/')
        return ASK_FOREIGN_PAGE;
    if (strlen(url + theirs.length) >= size || !resources_is_target(url + theirs.length))
        return ASK_OTHER_SHAPE;
    memcpy(next, url + theirs.length, strlen(url + theirs.length) + 1);
    return ASK_OK;
}

enum ask_status pager_read_page(const char *body, size_t length, const char *key, const char *api_url,
                                pager_item_fn *found, void *argument, char *next, size_t size)
{
    json_t *page;
    enum json_text_status loaded = json_text_load(body, length, 0, &page);
    const json_t *items = json_object_get(page, key);
    enum ask_status status = ASK_OTHER_SHAPE;
    size_t i;

    next[0] = '\0';
    if (loaded != JSON_TEXT_OK)
        return loaded == JSON_TEXT_NO_MEMORY ? ASK_NO_MEMORY : ASK_NOT_JSON;
    if (json_is_array(items))
        status = read_next(page, api_url, next, size);
    for (i = 0; status == ASK_OK && i < json_array_size(items); i++)
        found(argument, json_array_get(items, i));
    json_decref(page);
    return status;
}

const char *pager_item_text(const json_t *item, const char *name)
{
    const char *text = json_string_value(json_object_get(item, name));

    return text ? text : "";
}

const char *pager_item_sid(const json_t *item, const char *name, const char *prefix)
{
    const char *sid = pager_item_text(item, name);

    return sid_valid(sid, strlen(sid), prefix) ? sid : NULL;
}

static void fail(struct pager *pager, const struct ask_answer *failure)
{
    pager->reader.failed(pager->reader.argument, failure);
}

static void fail_by(struct pager *pager, enum ask_status status)
{
    struct ask_answer failure = {.retry_after_s = -1};

    ask_fail(&failure, status);
    fail(pager, &failure);
}

static bool may_pass(enum ask_status status)
{
    switch (status) {
    case ASK_LIMITED:
    case ASK_FAILING:
    case ASK_TIMEOUT:
    case ASK_UNREACHABLE:
    case ASK_TLS: /* also a handshake that was cut */
    case ASK_BAD_REPLY:
    case ASK_NO_MEMORY:
        return true;
    default:
        return false;
    }
}

/* Tries a page again, later and later, as long as it may help. */
static void try_again(struct pager *pager, const struct ask_answer *failure)
{
    int64_t wait = (int64_t)PAGER_BACKOFF_MS << pager->tries;
    struct timeval delay;

    if (++pager->tries >= TRIES || failure->retry_after_s > PAGER_WAIT_LIMIT_S) {
        fail(pager, failure);
        return;
    }
    wait = wait / 2 + jitter_below(&pager->jitter, wait);
    if (failure->retry_after_s * 1000 > wait)
        wait = failure->retry_after_s * 1000;
    delay = clock_delay(wait);
    if (event_add(pager->again, &delay) != 0)
        fail_by(pager, ASK_NO_MEMORY);
}

/* Halves the page's size. False if it says none, or is 1 already. */
static bool make_smaller(char *path)
{
    char *size = strstr(path, PAGE_SIZE), *behind;
    char digits[24];
    unsigned long entries;
    int length;

    if (!size || (size[-1] != '?' && size[-1] != '&'))
        return false;
    size += sizeof PAGE_SIZE - 1;
    entries = strtoul(size, &behind, 10);
    if (behind == size || entries < 2)
        return false;
    length = snprintf(digits, sizeof digits, "%lu", entries / 2);
    if (length < 1 || length > behind - size)
        return false;
    memcpy(size, digits, (size_t)length);
    memmove(size + length, behind, strlen(behind) + 1);
    return true;
}

/* True if the exchange brought something to read: the page itself is read once, by pager_read_page(). */
static bool judge(struct pager *pager, const struct rest_result *result)
{
    struct ask_answer failure;

    if (result->status == REST_OK && result->http_status / 100 == 2)
        return true;
    ask_judge(&failure, REST_GET, pager->path, result);
    if (failure.status == ASK_TOO_LARGE && make_smaller(pager->path))
        pager_ask(pager);
    else if (may_pass(failure.status))
        try_again(pager, &failure);
    else
        fail(pager, &failure);
    return false;
}

/* Whether the list never ends. */
static bool goes_in_a_circle(struct pager *pager)
{
    if (pager->next[0] == '\0')
        return false;
    if (strcmp(pager->next, pager->path) == 0 || strcmp(pager->next, pager->mark) == 0)
        return true;
    if (++pager->since_mark < pager->mark_every)
        return false;
    pager->since_mark = 0;
    pager->mark_every = 2 * pager->mark_every + 1;
    memcpy(pager->mark, pager->next, sizeof pager->mark);
    return false;
}

static void on_page(void *argument, const struct rest_result *result)
{
    struct pager *pager = argument;
    enum ask_status status;

    pager->exchange = NULL;
    pager->calls++;
    if (!judge(pager, result))
        return;
    pager->tries = 0;
    status = pager_read_page(result->body, result->body_length, pager->key, pager->asker->api_url,
                             pager->reader.found, pager->reader.argument, pager->next,
                             sizeof pager->next);
    if (status == ASK_OK && goes_in_a_circle(pager))
        status = ASK_OTHER_SHAPE;
    if (status == ASK_OK)
        pager->reader.page(pager->reader.argument);
    else
        fail_by(pager, status);
}

static void on_again(evutil_socket_t descriptor, short what, void *argument)
{
    (void)descriptor;
    (void)what;
    pager_ask(argument);
}

bool pager_open(struct pager *pager, const struct asker *asker, const struct pager_reader *reader)
{
    *pager = (struct pager){.asker = asker, .reader = *reader};
    jitter_init(&pager->jitter);
    pager->again = evtimer_new(asker->base, on_again, pager);
    return pager->again != NULL;
}

void pager_start(struct pager *pager, const char *key, const char *path)
{
    pager->key = key;
    pager->tries = 0;
    pager->mark[0] = '\0';
    pager->since_mark = pager->mark_every = 0;
    if (path != pager->path)
        snprintf(pager->path, sizeof pager->path, "%s", path);
}

void pager_ask(struct pager *pager)
{
    struct rest_request request = {
        .method = REST_GET,
        .path = pager->path,
        .origin = pager->asker->origin,
        .timeout_ms = TIMEOUT_MS,
        .reply_limit = PAGER_REPLY_LIMIT,
    };

    pager->exchange = rest_start(pager->asker->rest, &request, on_page, pager);
    if (!pager->exchange)
        fail_by(pager, ASK_NO_MEMORY);
}

bool pager_turn(struct pager *pager)
{
    if (pager->next[0] == '\0')
        return false;
    memcpy(pager->path, pager->next, sizeof pager->path);
    return true;
}

void pager_close(struct pager *pager)
{
    if (pager->exchange)
        rest_cancel(pager->exchange);
    pager->exchange = NULL;
    if (pager->again)
        event_free(pager->again);
    pager->again = NULL;
}

struct reading {
    struct pager pager;
    pager_item_fn *found;
    void *argument;
    unsigned pages; /* that may still be read */
    bool over, more;
    struct ask_answer *failure;
};

static void on_item_read(void *argument, const json_t *item)
{
    struct reading *reading = argument;

    reading->found(reading->argument, item);
}

static void end(struct reading *reading)
{
    reading->over = true;
    event_base_loopbreak(reading->pager.asker->base);
}

static void on_page_read(void *argument)
{
    struct reading *reading = argument;

    reading->more = pager_turn(&reading->pager);
    if (reading->more && --reading->pages > 0)
        pager_ask(&reading->pager);
    else
        end(reading);
}

static void on_failed(void *argument, const struct ask_answer *failure)
{
    struct reading *reading = argument;

    *reading->failure = *failure;
    end(reading);
}

bool pager_read_all(const struct asker *asker, const char *key, const char *path, unsigned pages,
                    pager_item_fn *found, void *argument, bool *more, struct ask_answer *failure)
{
    struct reading reading = {
        .found = found, .argument = argument, .pages = pages, .failure = failure};
    const struct pager_reader reader = {&reading, on_item_read, on_page_read, on_failed};

    *failure = (struct ask_answer){.retry_after_s = -1};
    if (pager_open(&reading.pager, asker, &reader)) {
        pager_start(&reading.pager, key, path);
        pager_ask(&reading.pager);
        while (!reading.over && !(asker->interrupted && *asker->interrupted))
            event_base_dispatch(asker->base);
        if (!reading.over)
            ask_fail(failure, ASK_INTERRUPTED);
    } else {
        ask_fail(failure, ASK_NO_MEMORY);
    }
    pager_close(&reading.pager);
    *more = reading.more;
    return failure->status == ASK_OK;
}
