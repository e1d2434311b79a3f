/* twilio/join_group: which of the account's numbers in a group text could be the bot's. */
#include "build.h"

#include "cases.h"

#include <string.h>

#include "twilio/join_group.h"

#define CONFIGURED "+15005550001"
#define OTHER "+15005550002"
#define THIRD "+15005550003"

enum { PARTICIPANTS_LIMIT = 5 };

/* `sid`'s last digit; NULL for `number` is a person, for `identity` nobody. */
static const struct row {
    const char *name;
    bool configured;
    struct {
        char sid;
        const char *number, *identity;
    } participants[PARTICIPANTS_LIMIT];
    enum join_number number;
    char participant; /* of JOIN_NUMBER_FREE: its SID's last digit */
} rows[] = {
    {"people alone", false, {{'1', NULL, NULL}, {'2', NULL, NULL}}, JOIN_NUMBER_NONE, 0},
    {"people alone, and one is configured", true, {{'1', NULL, NULL}}, JOIN_NUMBER_NONE, 0},
    {"a chat participant is no number", false, {{'1', NULL, "somebody"}}, JOIN_NUMBER_NONE, 0},
    {"a number", false, {{'1', NULL, NULL}, {'2', OTHER, NULL}, {'3', NULL, NULL}}, JOIN_NUMBER_FREE, '2'},
    {"the number that is configured", true, {{'1', NULL, NULL}, {'2', CONFIGURED, NULL}}, JOIN_NUMBER_FREE, '2'},
    {"another number than the one that is configured", true, {{'2', OTHER, NULL}}, JOIN_NUMBER_FREE, '2'},
    {"the configured one comes first", true, {{'1', CONFIGURED, NULL}, {'2', OTHER, NULL}}, JOIN_NUMBER_FREE, '1'},
    {"the configured one comes last", true, {{'1', OTHER, NULL}, {'2', CONFIGURED, NULL}}, JOIN_NUMBER_FREE, '2'},
    {"two", false, {{'1', OTHER, NULL}, {'2', THIRD, NULL}}, JOIN_NUMBER_SEVERAL, 0},
    {"two, and the configured one can be brought", true, {{'1', OTHER, NULL}, {'2', THIRD, NULL}}, JOIN_NUMBER_NONE, 0},
    {"of two one is held", false, {{'1', OTHER, "agent"}, {'2', THIRD, NULL}}, JOIN_NUMBER_FREE, '2'},
    {"of two the configured one is held", true, {{'1', CONFIGURED, "agent"}, {'2', OTHER, NULL}}, JOIN_NUMBER_FREE, '2'},
    {"of three the configured one is held", true, {{'1', CONFIGURED, "agent"}, {'2', OTHER, NULL}, {'3', THIRD, NULL}},
     JOIN_NUMBER_SEVERAL, 0},
    {"held", false, {{'1', OTHER, "agent"}}, JOIN_NUMBER_HELD, 0},
    {"held, and the configured one can be brought", true, {{'1', OTHER, "agent"}}, JOIN_NUMBER_NONE, 0},
    {"the configured one is held, and not brought twice", true, {{'1', CONFIGURED, "agent"}}, JOIN_NUMBER_HELD, 0},
};

static json_t *make_participant(char sid, const char *number, const char *identity)
{
    char mb[] = "MB00000000000000000000000000000000";
    json_t *binding = number ? json_pack("{s:s,s:s}", "type", "sms", "projected_address", number)
                             : json_pack("{s:s,s:s}", "type", "sms", "address", "+14155550100");

    mb[sizeof mb - 2] = sid;
    return json_pack("{s:s,s:s?,s:o}", "sid", mb, "identity", identity, "messaging_binding", binding);
}

static void the_bots_number_is_found(void **state)
{
    const struct row *row = *state;
    struct join_group group;
    unsigned i;

    join_group_begin(&group, row->configured ? CONFIGURED : NULL);
    for (i = 0; i < PARTICIPANTS_LIMIT && row->participants[i].sid; i++) {
        json_t *participant = make_participant(row->participants[i].sid, row->participants[i].number,
                                               row->participants[i].identity);

        assert_int_equal(join_group_take(&group, participant), row->participants[i].number != NULL);
        json_decref(participant);
    }
    assert_int_equal(join_group_number(&group), row->number);
    assert_false(group.unreadable);
    if (row->number == JOIN_NUMBER_FREE)
        assert_int_equal(join_group_participant(&group)[SID_LENGTH - 1], row->participant);
}

static const struct odd {
    const char *name, *json;
    bool is_number, unreadable;
} odds[] = {
    {"no binding", "{\"identity\":\"bot\",\"messaging_binding\":null}", false, false},
    {"a binding of another kind", "{\"identity\":null,\"messaging_binding\":[1]}", false, false},
    {"nothing", "{}", false, false},
    {"no object", "[]", false, false},
    {"no SID", "{\"messaging_binding\":{\"projected_address\":\"+1\"}}", true, true},
    {"another SID", "{\"sid\":\"CH00000000000000000000000000000001\",\"messaging_binding\":{\"projected_address\":\"+1\"}}",
     true, true},
    {"no SID of one that is held", "{\"identity\":\"agent\",\"messaging_binding\":{\"projected_address\":\"+1\"}}", true,
     false},
};

static void anything_else_is_taken_as_it_is(void **state)
{
    const struct odd *row = *state;
    json_t *participant = json_loads(row->json, 0, NULL);
    struct join_group group;

    join_group_begin(&group, NULL);
    assert_int_equal(join_group_take(&group, participant), row->is_number);
    assert_int_equal(group.unreadable, row->unreadable);
    json_decref(participant);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, the_bots_number_is_found, rows);
    CASES_ADD_TABLE(&cases, anything_else_is_taken_as_it_is, odds);
    return cases_run(&cases, "join_group");
}
