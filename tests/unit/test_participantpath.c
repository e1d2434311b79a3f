/* twilio/participantpath: paths and forms of the participant resource. */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <string.h>

#include "twilio/participantpath.h"
#include "twilio/rest.h"

#define CH "CH00000000000000000000000000000001"
#define IS "IS00000000000000000000000000000001"

static void the_service_is_in_the_path(void **state)
{
    char path[REST_PATH_LIMIT];

    (void)state;
    participantpath_list(path, sizeof path, IS, CH);
    assert_string_equal(path, "/v1/Services/" IS "/Conversations/" CH "/Participants");
    assert_true(participantpath_identity(path, sizeof path, IS, CH, "bot"));
    assert_string_equal(path, "/v1/Services/" IS "/Conversations/" CH "/Participants/bot");
    participantpath_service(path, sizeof path, IS);
    assert_string_equal(path, "/v1/Services/" IS);
}

static void without_one_it_is_the_default_services(void **state)
{
    char path[REST_PATH_LIMIT];

    (void)state;
    participantpath_list(path, sizeof path, "", CH);
    assert_string_equal(path, "/v1/Conversations/" CH "/Participants");
    assert_true(participantpath_identity(path, sizeof path, "", CH, "bot"));
    assert_string_equal(path, "/v1/Conversations/" CH "/Participants/bot");
}

static const struct row {
    const char *name;
    const char *identity;
    const char *segment;
} rows[] = {
    {"a slash", "a/../b", "a%2F..%2Fb"},
    {"query and fragment", "a?b#c", "a%3Fb%23c"},
    {"a percent sign", "a%2Fb", "a%252Fb"},
    {"an address", "bot@example.com", "bot%40example.com"},
    {"a blank and a plus", "a b+c", "a%20b%2Bc"},
    {"UTF-8", "b\xc3\xb6t", "b%C3%B6t"},
};

static void an_identity_is_one_segment(void **state)
{
    const struct row *row = *state;
    char path[REST_PATH_LIMIT], expected[REST_PATH_LIMIT];

    assert_true(participantpath_identity(path, sizeof path, "", CH, row->identity));
    snprintf(expected, sizeof expected, "/v1/Conversations/" CH "/Participants/%s", row->segment);
    assert_string_equal(path, expected);
}

/* 256 characters of four bytes each, as three escapes a byte. */
static void the_longest_identity_fits(void **state)
{
    char identity[4 * 256 + 1] = "", path[REST_PATH_LIMIT];
    unsigned i;

    (void)state;
    for (i = 0; i < 256; i++)
        memcpy(identity + 4 * (size_t)i, "\xf0\x9f\xa4\x96", 4);
    assert_true(participantpath_identity(path, sizeof path, IS, CH, identity));
    assert_int_equal(strlen(path),
        strlen("/v1/Services/" IS "/Conversations/" CH "/Participants/") + 3 * 4 * 256);
    assert_string_equal(path + strlen(path) - 12, "%F0%9F%A4%96");
}

static void one_that_does_not_fit_is_none(void **state)
{
    char path[sizeof "/v1/Conversations/" CH "/Participants/b%20t"];

    (void)state;
    assert_true(participantpath_identity(path, sizeof path, "", CH, "b t"));
    assert_false(participantpath_identity(path, sizeof path - 1, "", CH, "b t"));
    assert_false(participantpath_identity(path, sizeof path, "", CH, "b t2"));
}

static void a_form_holds_what_is_configured(void **state)
{
    char identity[] = "bot & co", role[] = "RL1", attributes[] = "{\"a\":1}", projected[] = "+1415";
    struct config config = {.identity = identity};
    struct participant_forms forms;

    (void)state;
    assert_true(participantpath_forms(&forms, &config, config.identity));
    assert_string_equal(forms.plain, "Identity=bot%20%26%20co");
    assert_null(forms.projected);
    free(forms.plain);

    config.role_sid = role;
    config.attributes = attributes;
    config.projected_address = projected;
    assert_true(participantpath_forms(&forms, &config, config.identity));
    assert_string_equal(forms.plain,
                        "Identity=bot%20%26%20co&RoleSid=RL1&Attributes=%7B%22a%22%3A1%7D");
    assert_string_equal(forms.projected,
                        "Identity=bot%20%26%20co&RoleSid=RL1&Attributes=%7B%22a%22%3A1%7D"
                        "&MessagingBinding.ProjectedAddress=%2B1415");
    free(forms.plain);
    free(forms.projected);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD(&cases, the_service_is_in_the_path);
    CASES_ADD(&cases, without_one_it_is_the_default_services);
    CASES_ADD_TABLE(&cases, an_identity_is_one_segment, rows);
    CASES_ADD(&cases, the_longest_identity_fits);
    CASES_ADD(&cases, one_that_does_not_fit_is_none);
    CASES_ADD(&cases, a_form_holds_what_is_configured);
    return cases_run(&cases, "participantpath");
}
