/* spool/ticket: any bytes as a file of the spool. A ticket that is read, written and read again is the
 * same; what we begin ourselves is always read back. */
#include "build.h"

#include "property.h"

#include <string.h>

#include "spool/ticket.h"

static void assert_same(const struct ticket *a, const struct ticket *b)
{
    PROPERTY(strcmp(a->conversation.text, b->conversation.text) == 0, "the same conversation");
    PROPERTY(strcmp(a->service.text, b->service.text) == 0, "the same service");
    PROPERTY(strcmp(a->event, b->event) == 0, "the same event");
    PROPERTY(strcmp(a->verdict, b->verdict) == 0, "the same verdict");
    PROPERTY(a->first_seen_ms == b->first_seen_ms, "first seen at the same time");
    PROPERTY(a->next_attempt_ms == b->next_attempt_ms, "due at the same time");
    PROPERTY(a->refused_s == b->refused_s, "refused for as long");
    PROPERTY(a->attempts == b->attempts, "as many attempts");
}

static void assert_read_back(const struct ticket *ticket)
{
    struct ticket again;
    struct buffer text;

    buffer_init(&text, TICKET_LIMIT);
    ticket_write(ticket, &text);
    PROPERTY(buffer_status(&text) == BUFFER_OK, "a ticket fits its limit");
    PROPERTY(ticket_read(&again, text.data), "a ticket that was written can be read");
    assert_same(ticket, &again);
    buffer_free(&text);
}

static void begin_and_read_back(const char *text)
{
    static const char *const events[] = {"onConversationAdded", "onMessageAdded", "reconcile"};
    struct ticket ticket;

    ticket_begin(&ticket, "CH00000000000000000000000000000001",
                 *text & 1 ? "IS00000000000000000000000000000001" : NULL, events[strlen(text) % 3]);
    ticket_set_verdict(&ticket, "retry-later", text);
    assert_read_back(&ticket);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ticket ticket;
    char *text;

    if (size > TICKET_LIMIT || memchr(data, 0, size))
        return 0; /* the spool calls neither a ticket */
    text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    begin_and_read_back(text);
    if (ticket_read(&ticket, text))
        assert_read_back(&ticket);
    free(text);
    return 0;
}
