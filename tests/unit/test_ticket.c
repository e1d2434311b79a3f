/* spool/ticket: what is written is read back, whatever somebody made of the file by hand. */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <string.h>

#include "spool/ticket.h"

#define CH "CH0123456789abcdef0123456789abcdef"
#define IS "IS0123456789abcdef0123456789abcdef"

static const struct row {
    const char *name;
    const char *text;
    const char *event;   /* NULL: no ticket */
    const char *verdict;
} rows[] = {
    {"a conversation alone", "conversation=" CH "\n", "", ""},
    {"as it is written", "conversation=" CH "\nevent=onMessageAdded\nlast_verdict=\"retry-later: x\"\n",
     "onMessageAdded", "retry-later: x"},
    {"a quote behind the event", "conversation=" CH "\nevent=onMessageAdded\"\n", "onMessageAdded", ""},
    {"blanks around the event", "conversation=" CH "\nevent=\"  on it \"\n", "on it", ""},
    {"an event of blanks", "conversation=" CH "\nevent=\" \\\" \"\n", "", ""},
    {"blanks around the verdict", "conversation=" CH "\nlast_verdict=\" a  b \"\n", "", "a  b"},
    {"a backslash in the verdict", "conversation=" CH "\nlast_verdict='a\\b'\n", "", "a b"},
    {"bytes above ASCII", "conversation=" CH "\nevent=on\xc3\xbc\n", "on", ""},
    {"no conversation", "service=" IS "\n", NULL, NULL},
    {"a conversation that is none", "conversation=CH0\n", NULL, NULL},
    {"a service that is none", "conversation=" CH "\nservice=IS0\n", NULL, NULL},
    {"a line that is none", "conversation=" CH "\nevent\n", NULL, NULL},
};

static bool read_text(struct ticket *ticket, const char *text)
{
    char copy[TICKET_LIMIT];

    assert_true(snprintf(copy, sizeof copy, "%s", text) < (int)sizeof copy);
    return ticket_read(ticket, copy);
}

static void it_is_read_and_written_and_read(void **state)
{
    const struct row *row = *state;
    struct ticket ticket, again;
    struct buffer text;

    assert_int_equal(read_text(&ticket, row->text), row->event != NULL);
    if (!row->event)
        return;
    assert_string_equal(ticket.event, row->event);
    assert_string_equal(ticket.verdict, row->verdict);
    buffer_init(&text, TICKET_LIMIT);
    ticket_write(&ticket, &text);
    assert_true(read_text(&again, buffer_string(&text)));
    assert_string_equal(again.conversation.text, CH);
    assert_string_equal(again.event, row->event);
    assert_string_equal(again.verdict, row->verdict);
    assert_int_equal(again.first_seen_ms, ticket.first_seen_ms);
    buffer_free(&text);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, it_is_read_and_written_and_read, rows);
    return cases_run(&cases, "ticket");
}
