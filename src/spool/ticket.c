#include "build.h"

#include "spool/ticket.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "support/clock.h"
#include "support/quantity.h"
#include "support/assignments.h"

enum { REFUSED_LIMIT_S = 1000000000 };

static bool is_plain(char c)
{
    return c > ' ' && c < 0x7f && !strchr("\"\\'`$", c);
}

/* Copies as much as fits; what is no printable ASCII, or means something in a quoted value,
 * becomes a blank. None at either end, where a bare value would lose them. */
static void copy_plain(char *to, size_t size, const char *from)
{
    size_t i;

    while (*from && !is_plain(*from))
        from++;
    for (i = 0; i + 1 < size && from[i]; i++)
        to[i] = is_plain(from[i]) ? from[i] : ' ';
    while (i > 0 && to[i - 1] == ' ')
        i--;
    to[i] = '\0';
}

void ticket_begin(struct ticket *ticket, const char *conversation, const char *service,
                  const char *event)
{
    *ticket = (struct ticket){.first_seen_ms = clock_wall_ms()};
    ticket->next_attempt_ms = ticket->first_seen_ms;
    sid_copy(&ticket->conversation, conversation, strlen(conversation), "CH");
    if (service)
        sid_copy(&ticket->service, service, strlen(service), "IS");
    copy_plain(ticket->event, sizeof ticket->event, event ? event : "");
}

void ticket_set_verdict(struct ticket *ticket, const char *result, const char *reason)
{
    char text[TICKET_VERDICT_SIZE];

    snprintf(text, sizeof text, "%s%s%s", result, reason ? ": " : "", reason ? reason : "");
    copy_plain(ticket->verdict, sizeof ticket->verdict, text);
}

void ticket_write(const struct ticket *ticket, struct buffer *text)
{
    char first_seen[CLOCK_TEXT_SIZE], next_attempt[CLOCK_TEXT_SIZE];

    clock_format(ticket->first_seen_ms, first_seen);
    clock_format(ticket->next_attempt_ms, next_attempt);
    buffer_append_format(text,
                         "conversation=%s\nservice=%s\nevent=%s\nfirst_seen=%s\n"
                         "attempts=%u\nnext_attempt=%s\nlast_verdict=\"%s\"\n",
                         ticket->conversation.text, ticket->service.text, ticket->event, first_seen,
                         ticket->attempts, next_attempt, ticket->verdict);
    if (ticket->refused_s > 0)
        buffer_append_format(text, "refused_for=%" PRIu64 "\n", ticket->refused_s);
}

struct reading {
    struct ticket *ticket;
    bool wrong;
};

static void read_time(int64_t *time, const char *text)
{
    int64_t parsed;

    if (clock_parse(text, &parsed))
        *time = parsed;
}

static void take_entry(void *argument, const char *name, const char *value)
{
    struct reading *reading = argument;
    struct ticket *ticket = reading->ticket;
    uint64_t number;

    if (strcmp(name, "conversation") == 0) {
        if (!sid_copy(&ticket->conversation, value, strlen(value), "CH"))
            reading->wrong = true;
    } else if (strcmp(name, "service") == 0) {
        if (*value && !sid_copy(&ticket->service, value, strlen(value), "IS"))
            reading->wrong = true;
    } else if (strcmp(name, "event") == 0) {
        copy_plain(ticket->event, sizeof ticket->event, value);
    } else if (strcmp(name, "last_verdict") == 0) {
        copy_plain(ticket->verdict, sizeof ticket->verdict, value);
    } else if (strcmp(name, "first_seen") == 0) {
        read_time(&ticket->first_seen_ms, value);
    } else if (strcmp(name, "next_attempt") == 0) {
        read_time(&ticket->next_attempt_ms, value);
    } else if (strcmp(name, "refused_for") == 0) {
        if (quantity_parse_number(value, REFUSED_LIMIT_S, &number))
            ticket->refused_s = number;
    } else if (strcmp(name, "attempts") == 0) {
        if (quantity_parse_number(value, 1000000, &number))
            ticket->attempts = (unsigned)number;
    }
}

static void take_fault(void *argument, unsigned line, const char *what)
{
    struct reading *reading = argument;

    (void)line;
    (void)what;
    reading->wrong = true;
}

bool ticket_read(struct ticket *ticket, char *text)
{
    struct reading reading = {.ticket = ticket};

    *ticket = (struct ticket){.first_seen_ms = clock_wall_ms()};
    ticket->next_attempt_ms = ticket->first_seen_ms;
    assignments_parse(text, take_entry, take_fault, &reading);
    return !reading.wrong && ticket->conversation.text[0] != '\0';
}
