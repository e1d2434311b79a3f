/* commands/url_difference: our own URL of before, a slip, or somebody else's? */
#include "build.h"

#include "cases.h"

#include <string.h>

#include "commands/url_difference.h"

#define OURS "https://api.example.com/webhooks/twilio?a=b"

static const struct row {
    const char *name, *other, *words;
} rows[] = {
    {"a fragment", OURS "#rc=3", "a fragment"},
    {"a slash more", "https://api.example.com/webhooks/twilio/?a=b", "a slash"},
    {"another scheme", "http://api.example.com/webhooks/twilio?a=b", "the scheme"},
    {"another query", "https://api.example.com/webhooks/twilio", "the query"},
    {"another port", "https://api.example.com:8443/webhooks/twilio?a=b", "the port"},
    {"a capital in the path", "https://api.example.com/webhooks/Twilio?a=b", "capitals"},
    {"a capital in the host", "https://API.example.com/webhooks/twilio?a=b", "its host is written otherwise"},
    {"the standard port", "https://api.example.com:443/webhooks/twilio?a=b", "its host is written otherwise"},
    {"a password", "https://u:p@api.example.com/webhooks/twilio?a=b", "user and password"},
    {"our host before it moved", "https://old.example.com/webhooks/twilio", "ours of before, most likely"},
    {"our path before it moved", "https://api.example.com/hooks", "ours of before, or somebody else's"},
    {"somebody else's", "https://crm.example.net/in", "it is somebody else's"},
    {"no URL", "nonsense", "no http://"},
};

static void a_difference_is_named(void **state)
{
    const struct row *row = *state;

    assert_non_null(strstr(url_difference(OURS, row->other), row->words));
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, a_difference_is_named, rows);
    return cases_run(&cases, "url_difference");
}
