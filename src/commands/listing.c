#include "build.h"

#include "commands/listing.h"

#include <string.h>
#include <sysexits.h>

#include "support/clock.h"

enum {
    PAGE_TIMEOUT_MS = 30 * 1000,
    PAGE_TRIES = 6,
    PAGE_BACKOFF_MS = 500,
};

static void fail(struct listing *listing, int status, const char *why)
{
    listing->reader.failed(listing->reader.argument, status, why);
}

/* Try a page again, later and later, as long as it may help. */
static void retry(struct listing *listing, const struct rest_result *result)
{
    int64_t wait = (int64_t)PAGE_BACKOFF_MS << listing->tries;
    struct timeval delay;

    if (++listing->tries >= PAGE_TRIES) {
        fail(listing, EX_UNAVAILABLE,
             result->reason ? result->reason : "Twilio keeps failing to list");
        return;
    }
    wait = wait / 2 + jitter_below(&listing->jitter, wait);
    if (result->retry_after_s * 1000 > wait)
        wait = result->retry_after_s * 1000;
    delay = clock_delay(wait);
    if (event_add(listing->again, &delay) != 0)
        fail(listing, EX_OSERR, "out of memory");
}

static void refuse(struct listing *listing, long http_status)
{
    listing->refused = true;
    if (http_status == 404)
        fail(listing, EX_CONFIG, "no such service: check TWILIO_CHAT_SERVICE_SID");
    else
        fail(listing, EX_UNAVAILABLE, "Twilio refuses the list");
}

static bool has_failed(struct listing *listing, const struct rest_result *result)
{
    if (result->status == REST_OK && result->http_status == 200)
        return false;
    if (result->status != REST_OK || result->http_status == 429 || result->http_status >= 500)
        retry(listing, result);
    else if (result->http_status == 401 || result->http_status == 403)
        fail(listing, EX_NOPERM, "the REST credentials are refused");
    else
        refuse(listing, result->http_status);
    return true;
}

static void on_page(void *argument, const struct rest_result *result)
{
    struct listing *listing = argument;

    ++*listing->rest_calls;
    if (has_failed(listing, result))
        return;
    listing->tries = 0;
    switch (conversation_read_page(listing->list, result->body, result->body_length,
                                   listing->workplace->config.api_url, listing->reader.found,
                                   listing->reader.argument, listing->next,
                                   sizeof listing->next)) {
    case PAGE_OK:
        listing->reader.page(listing->reader.argument);
        break;
    case PAGE_BAD:
        listing->refused = true;
        fail(listing, EX_PROTOCOL, "what came is no list of conversations");
        break;
    case PAGE_NO_MEMORY:
        fail(listing, EX_OSERR, "out of memory");
        break;
    case PAGE_FOREIGN:
        fail(listing, EX_PROTOCOL,
             "next_page_url leads to another host: credentials are not sent there");
        break;
    }
}

static void on_again(evutil_socket_t descriptor, short what, void *argument)
{
    (void)descriptor;
    (void)what;
    listing_ask(argument);
}

bool listing_open(struct listing *listing, struct workplace *workplace,
                  const struct listing_reader *reader, uint64_t *rest_calls)
{
    *listing = (struct listing){
        .workplace = workplace, .reader = *reader, .rest_calls = rest_calls};
    jitter_init(&listing->jitter);
    listing->again = evtimer_new(workplace->base, on_again, listing);
    return listing->again != NULL;
}

bool listing_start(struct listing *listing, enum conversation_list list, const char *since,
                   const char *identity)
{
    const char *service = listing->workplace->config.chat_service_sid;

    listing->list = list;
    if (conversation_first_page(listing->page, sizeof listing->page, list, service ? service : "",
                                since, identity))
        return true;
    fail(listing, EX_OSERR, "out of memory");
    return false;
}

void listing_ask(struct listing *listing)
{
    struct rest_order order = {
        .method = REST_GET,
        .path = listing->page,
        .timeout_ms = PAGE_TIMEOUT_MS,
        .reply_limit = REST_LIST_LIMIT,
    };

    listing->refused = false;
    if (!rest_start(listing->workplace->rest, &order, on_page, listing))
        fail(listing, EX_OSERR, "out of memory");
}

bool listing_turn(struct listing *listing)
{
    if (listing->next[0] == '\0')
        return false;
    memcpy(listing->page, listing->next, sizeof listing->page);
    return true;
}

void listing_close(struct listing *listing)
{
    if (listing->again)
        event_free(listing->again);
    listing->again = NULL;
}
