#include "build.h"

#include "twilio/surplus.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "twilio/page.h"
#include "twilio/participantpath.h"

static unsigned identity_count(const struct join *join)
{
    return (unsigned)config_identity_count(join->config);
}

/* Notes which of the bot's identities a page of participants names. */
static enum page_status read_page(struct join *join, const struct rest_result *result, char *next,
                                  size_t size)
{
    json_t *page;
    enum page_status status = page_load(result->body, result->body_length, &page);
    const json_t *participants = json_object_get(page, "participants");
    unsigned turn;
    size_t i;

    if (status == PAGE_OK && !json_is_array(participants))
        status = PAGE_BAD;
    if (status == PAGE_OK)
        status = page_read_next(page, join->config->api_url, next, size);
    for (i = 0; i < json_array_size(participants); i++) {
        const char *identity =
            json_string_value(json_object_get(json_array_get(participants, i), "identity"));

        for (turn = 0; identity && turn < identity_count(join); turn++)
            if (strcmp(identity, join_identity(join, turn)) == 0)
                join->present |= 1u << turn;
    }
    json_decref(page);
    return status;
}

/* Asks for a page of participants; `done` reads it. */
static void ask_first_page(struct join *join, rest_done_fn *done)
{
    char path[REST_PATH_LIMIT];
    size_t length;

    join->present = 0;
    participantpath_list(path, sizeof path, join->service.text, join->conversation.text);
    length = strlen(path);
    snprintf(path + length, sizeof path - length, "?PageSize=100");
    join_exchange(join, REST_GET, path, NULL, done);
}

/* True once all pages are read; otherwise the next one is asked for, or the join is settled. */
static bool take_page(struct join *join, const struct rest_result *result, rest_done_fn *done)
{
    char next[REST_PATH_LIMIT];

    join_note(join, result);
    if (result->status != REST_OK || result->http_status != 200 ||
        read_page(join, result, next, sizeof next) != PAGE_OK) {
        join_settle(join, JOIN_RETRY_LATER,
                    "which of AUTOJOIN_IDENTITIES is in could not be asked");
        return false;
    }
    if (*next)
        join_exchange(join, REST_GET, next, NULL, done);
    return *next == '\0';
}

static void remove_surplus(struct join *join);

static void on_removed(void *argument, const struct rest_result *result)
{
    struct join *join = argument;

    join_note(join, result);
    if (result->status == REST_OK && (result->http_status / 100 == 2 || result->http_status == 404))
        remove_surplus(join);
    else
        join_settle(join, JOIN_RETRY_LATER, "a second identity could not be taken out");
}

/* All but the first in order go, one after the other. */
static void remove_surplus(struct join *join)
{
    unsigned first = join->present & -join->present, surplus = join->present & ~first, turn = 0;
    char path[REST_PATH_LIMIT];

    if (surplus == 0) {
        join_settle(join, join->outcome.result, NULL);
        return;
    }
    while (!(surplus & 1u << turn))
        turn++;
    join->present &= ~(1u << turn);
    if (participantpath_identity(path, sizeof path, join->service.text, join->conversation.text,
                                 join_identity(join, turn)))
        join_exchange(join, REST_DELETE, path, NULL, on_removed);
    else
        join_settle(join, JOIN_RETRY_LATER, "out of memory");
}

static void on_looked_after(void *argument, const struct rest_result *result)
{
    struct join *join = argument;

    if (take_page(join, result, on_looked_after))
        remove_surplus(join);
}

void surplus_settle(struct join *join, enum join_result verdict)
{
    if (identity_count(join) == 1) {
        join_settle(join, verdict, NULL);
        return;
    }
    join->outcome.result = verdict;
    ask_first_page(join, on_looked_after);
}

static void on_looked_before(void *argument, const struct rest_result *result)
{
    struct join *join = argument;

    if (!take_page(join, result, on_looked_before))
        return;
    if (join->present != 0) {
        join_settle(join, JOIN_ALREADY_JOINED, NULL);
        return;
    }
    join->turn++;
    join_attempt(join);
}

bool surplus_give_way(struct join *join)
{
    if (join->turn + 1 >= identity_count(join))
        return false;
    ask_first_page(join, on_looked_before);
    return true;
}
