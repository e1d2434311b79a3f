/* twilio/identities: what is posted for each, whose turn it is in a conversation, and who is full. */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <string.h>

#include "support/sid.h"
#include "twilio/identities.h"

enum { CONVERSATIONS = 3000 };

static char names[IDENTITIES_LIMIT][16];

/* The settings with the first `count` of bot0, bot1, ... */
static void set_up(struct identities *identities, struct config *config, unsigned count)
{
    unsigned i;

    *config = (struct config){.identity = names[0]};
    for (i = 0; i < count; i++)
        snprintf(names[i], sizeof names[i], "bot%u", i);
    for (i = 1; i < count; i++)
        config->identities.items[config->identities.count++] = names[i];
    assert_true(identities_init(identities, config));
    assert_int_equal(identities->count, count);
}

static void name_conversation(char sid[SID_LENGTH + 1], unsigned number)
{
    snprintf(sid, SID_LENGTH + 1, "CH%032x", number * 2654435761u);
}

static void one_more_changes_no_order_of_the_others(void **state)
{
    struct config config, more_config;
    struct identities few, more;
    unsigned i, moved = 0;

    (void)state;
    set_up(&few, &config, 3);
    set_up(&more, &more_config, 4);
    for (i = 0; i < CONVERSATIONS; i++) {
        unsigned char before[IDENTITIES_LIMIT], after[IDENTITIES_LIMIT];
        char sid[SID_LENGTH + 1];
        unsigned turn, kept = 0;

        name_conversation(sid, i);
        identities_order(&few, sid, before);
        identities_order(&more, sid, after);
        for (turn = 0; turn < 4; turn++)
            if (after[turn] != 3)
                assert_int_equal(after[turn], before[kept++]);
        assert_int_equal(kept, 3);
        moved += after[0] != before[0];
    }
    assert_in_range(moved, CONVERSATIONS / 5, CONVERSATIONS * 3 / 10); /* a quarter, to the new one */
    identities_free(&few);
    identities_free(&more);
}

/* Another host may name them in another order. */
static void the_settings_order_does_not_matter(void **state)
{
    struct config config, turned_config;
    struct identities identities, turned;
    const char *first;
    unsigned i;

    (void)state;
    set_up(&identities, &config, 3);
    turned_config = (struct config){.identity = names[2]};
    turned_config.identities.items[0] = names[0];
    turned_config.identities.items[1] = names[1];
    turned_config.identities.count = 2;
    assert_true(identities_init(&turned, &turned_config));
    for (i = 0; i < CONVERSATIONS; i++) {
        unsigned char one[IDENTITIES_LIMIT], other[IDENTITIES_LIMIT];
        char sid[SID_LENGTH + 1];

        name_conversation(sid, i);
        identities_order(&identities, sid, one);
        identities_order(&turned, sid, other);
        first = identities.all[one[0]].name;
        assert_string_equal(turned.all[other[0]].name, first);
    }
    identities_free(&identities);
    identities_free(&turned);
}

static void conversations_are_spread_evenly(void **state)
{
    struct config config;
    struct identities identities;
    unsigned i, counts[IDENTITIES_LIMIT] = {0};

    (void)state;
    set_up(&identities, &config, IDENTITIES_LIMIT);
    for (i = 0; i < 32 * 1000; i++) {
        unsigned char order[IDENTITIES_LIMIT];
        char sid[SID_LENGTH + 1];
        uint32_t seen = 0;
        unsigned turn;

        name_conversation(sid, i);
        identities_order(&identities, sid, order);
        for (turn = 0; turn < IDENTITIES_LIMIT; turn++)
            seen |= UINT32_C(1) << order[turn];
        assert_int_equal(seen, UINT32_MAX);
        counts[order[0]]++;
    }
    for (i = 0; i < IDENTITIES_LIMIT; i++) /* six standard deviations */
        assert_in_range(counts[i], 1000 - 190, 1000 + 190);
    identities_free(&identities);
}

static void a_full_one_is_remembered_for_a_minute(void **state)
{
    struct config config;
    struct identities identities;
    unsigned char order[IDENTITIES_LIMIT];

    (void)state;
    set_up(&identities, &config, 3);
    identities_order(&identities, "CH1", order);
    assert_int_equal(identities_full(&identities, order, 0), 0);
    identities_note_full(&identities, order[1], 1000);
    assert_int_equal(identities_full(&identities, order, 1000), 1 << 1);
    assert_int_equal(identities_full(&identities, order, 60999), 1 << 1);
    assert_int_equal(identities_full(&identities, order, 61000), 0);
    identities_note_full(&identities, order[0], 2000);
    identities_note_full(&identities, order[2], 2000);
    assert_int_equal(identities_full(&identities, order, 2000), 1 << 0 | 1 << 1 | 1 << 2);
    identities_note_free(&identities, order[0]);
    assert_int_equal(identities_full(&identities, order, 2000), 1 << 1 | 1 << 2);
    identities_free(&identities);
}

static void a_form_holds_what_is_configured(void **state)
{
    char identity[] = "bot & co", role[] = "RL1", attributes[] = "{\"a\":1}", projected[] = "+1415";
    struct config config = {.identity = identity};
    struct identities identities;

    (void)state;
    assert_true(identities_init(&identities, &config));
    assert_string_equal(identities.all[0].form, "Identity=bot%20%26%20co");
    assert_null(identities.all[0].projected_form);
    identities_free(&identities);

    config.role_sid = role;
    config.attributes = attributes;
    config.projected_address = projected;
    assert_true(identities_init(&identities, &config));
    assert_string_equal(identities.all[0].form,
                        "Identity=bot%20%26%20co&RoleSid=RL1&Attributes=%7B%22a%22%3A1%7D");
    assert_string_equal(identities.all[0].projected_form,
                        "Identity=bot%20%26%20co&RoleSid=RL1&Attributes=%7B%22a%22%3A1%7D"
                        "&MessagingBinding.ProjectedAddress=%2B1415");
    identities_free(&identities);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD(&cases, one_more_changes_no_order_of_the_others);
    CASES_ADD(&cases, the_settings_order_does_not_matter);
    CASES_ADD(&cases, conversations_are_spread_evenly);
    CASES_ADD(&cases, a_full_one_is_remembered_for_a_minute);
    CASES_ADD(&cases, a_form_holds_what_is_configured);
    return cases_run(&cases, "identities");
}
