#include "build.h"

#include "twilio/webhooks_api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/clock.h"
#include "support/uuid.h"
#include "twilio/resources.h"

/* There are 50 of a kind, unless Support raised that; a page holds 100. */
enum { PAGES_LIMIT = 20, WRITE_TRIES = 3 };

#define IDEMPOTENCY "Idempotency-Key: "

const char *webhooks_api_explain(long code)
{
    switch (code) {
    case WEBHOOKS_API_LIMITED:
        return "asked too often: wait a minute";
    case WEBHOOKS_API_IN_USE:
        return "something still refers to it: the Rule goes first, then its Setting, then the SharedKey";
    case WEBHOOKS_API_SYSTEM:
        return "a Setting of Twilio's own cannot be changed";
    case WEBHOOKS_API_MATCH_EXISTS:
        return "there is a Rule for exactly this already";
    case WEBHOOKS_API_FULL:
        return "there are 50 of them already: delete some, or ask Twilio's support for more";
    case WEBHOOKS_API_BASIC_ON_DEFAULT:
        return "the default Rule may not use Basic authentication";
    default:
        return NULL;
    }
}

static void add_meaning(struct ask_answer *answer)
{
    const char *meaning = webhooks_api_explain(answer->code);
    size_t length = strlen(answer->message);

    if (meaning)
        snprintf(answer->message + length, sizeof answer->message - length, " (%s)", meaning);
}

bool webhooks_api_get(const struct asker *api, const char *kind, const char *id, struct ask_answer *answer)
{
    char path[REST_PATH_LIMIT];

    if (!resources_webhooks_api(path, sizeof path, kind, id)) {
        *answer = (struct ask_answer){.retry_after_s = -1};
        ask_fail(answer, ASK_NO_MEMORY);
        return false;
    }
    if (ask_get(api, path, answer))
        return true;
    add_meaning(answer);
    return false;
}

bool webhooks_api_is_open(const struct ask_answer *answer)
{
    return answer->status == ASK_TIMEOUT || answer->status == ASK_UNREACHABLE || answer->status == ASK_BAD_REPLY ||
           answer->status == ASK_FAILING;
}

/* Asks, and where no answer came or Twilio failed again with the same Idempotency-Key: what was done already is not
 * done twice, but answered as it was. */
static bool ask_once(const struct asker *api, const struct rest_request *request, struct ask_answer *answer)
{
    unsigned tries = 1;

    while (!ask(api, request, answer)) {
        if (tries++ == WRITE_TRIES || !webhooks_api_is_open(answer))
            return false;
        ask_forget(answer);
    }
    return true;
}

bool webhooks_api_write(const struct asker *api, enum rest_method method, const char *kind, const char *id,
                        json_t *body, struct ask_answer *answer)
{
    char path[REST_PATH_LIMIT], header[sizeof IDEMPOTENCY + UUID_TEXT_SIZE], key[UUID_TEXT_SIZE];
    struct rest_request request = {.method = method, .path = path, .header = header, .json = true};
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    bool done = false;

    *answer = (struct ask_answer){.retry_after_s = -1};
    if (resources_webhooks_api(path, sizeof path, kind, id) && uuid_v7(key, clock_wall_ms()) &&
        (text || !body)) {
        snprintf(header, sizeof header, IDEMPOTENCY "%s", key);
        request.form = text;
        done = ask_once(api, &request, answer);
        if (!done)
            add_meaning(answer);
    } else {
        ask_fail(answer, ASK_NO_MEMORY);
    }
    free(text);
    json_decref(body);
    return done;
}

/* The answer's items join the list; `token` is the next page's, "" at the end. */
static bool take_page(json_t *items, struct ask_answer *answer, const char *key, char *token, size_t size)
{
    json_t *page = json_object_get(answer->json, key);
    const json_t *meta = json_object_get(answer->json, "meta");
    const char *next = json_string_value(json_object_get(meta, "nextToken"));

    token[0] = '\0';
    if (!json_is_array(page) || !json_is_object(meta) || (next && strlen(next) >= size)) {
        ask_fail(answer, ASK_OTHER_SHAPE);
        return false;
    }
    if (json_array_extend(items, page) != 0) {
        ask_fail(answer, ASK_NO_MEMORY);
        return false;
    }
    snprintf(token, size, "%s", next ? next : "");
    return true;
}

bool webhooks_api_list(const struct asker *api, const char *kind, const char *key, json_t **items,
                       struct ask_answer *failure)
{
    char path[REST_PATH_LIMIT], token[1024] = "";
    unsigned pages = 0;
    bool more = true;

    *failure = (struct ask_answer){.retry_after_s = -1};
    *items = json_array();
    while (more && *items) {
        more = resources_webhooks_api_page(path, sizeof path, kind, token) && ask_get(api, path, failure) &&
               take_page(*items, failure, key, token, sizeof token);
        ask_forget(failure);
        more = more && *token && ++pages < PAGES_LIMIT;
    }
    if (!*items)
        ask_fail(failure, ASK_NO_MEMORY);
    else if (failure->status == ASK_OK && *token)
        ask_fail(failure, ASK_TOO_LARGE);
    if (failure->status == ASK_OK)
        return true;
    add_meaning(failure);
    json_decref(*items);
    *items = NULL;
    return false;
}
