/*
 * commands/report_scrub: what may not stand in a report, and what stays readable; and the fields of log lines.
 */
#include "build.h"

#include "cases.h"

#include <string.h>

#include "commands/report_scrub.h"

#define HEX32 "0123456789abcdef0123456789abcdef"

static char token[] = "Tok3n/of=the+account";
static char identity[] = "bot", other[] = "helper bot", address[] = "+14155550100", account[] = "AC" HEX32;
static char pairs[] = "id\0s3cret";

static const struct config config = {
    .account_sid = account,
    .auth_token = token,
    .identity = identity,
    .identities = {.items = {other}, .count = 1},
    .projected_address = address,
    .shared_keys = {.ids = {pairs}, .secrets = {pairs + 3}, .count = 1},
};

static const struct row {
    const char *name;
    const char *text, *scrubbed;
} rows[] = {
    {"prose stays", "both robots answered 200 (15 ms)\n", "both robots answered 200 (15 ms)\n"},
    {"the token, within a word, too", "xTok3n/of=the+accountx", "x[TWILIO_AUTH_TOKEN]x"},
    {"an identity", "limit bot is in 3, bots, robot; bot.", "limit [TWILIO_IDENTITY] is in 3, bots, robot; [TWILIO_IDENTITY]."},
    {"a further identity", "\"helper bot\" is full", "\"[AUTOJOIN_IDENTITIES]\" is full"},
    {"the account", "of AC" HEX32 ".", "of [TWILIO_ACCOUNT_SID]."},
    {"our own number", "from +14155550100 to", "from [AUTOJOIN_PROJECTED_ADDRESS] to"},
    {"a SharedKey's secret", "signed s3cret!", "signed [AUTOJOIN_SHARED_KEYS]!"},
    {"a SID", "CH0123456789abcdef0123456789abc123 closed", "CH[..c123] closed"},
    {"a SID in a path", "/v1/Services/IS" HEX32 "/x", "/v1/Services/IS[..cdef]/x"},
    {"a phone number", "whatsapp:+4915112345678, %2B4915112345678", "whatsapp:[number], [number]"},
    {"a number without its sign", "4915112345678 wrote", "[number] wrote"},
    {"times and counts stay", "2026-11-28T03:36:56.362Z p50 30 ms, 604800000 ms", "2026-11-28T03:36:56.362Z p50 30 ms, 604800000 ms"},
    {"a mail address", "jane.doe+x@example.com, jane%40example.com", "[address], [address]"},
    {"a masked URL stays", "https://***@api.example.com:8443/hook", "https://***@api.example.com:8443/hook"},
    {"a query, whosever it is", "to https://crm.example.com/hook?token=abc&x, which", "to https://crm.example.com/hook?[query], which"},
    {"a question, and a masked query, stay", "which? or https://a.example.com/?***", "which? or https://a.example.com/?***"},
    {"the end of an address", "the address ending in 0042 creates no", "the address ending in [..] creates no"},
    {"a near user", "fix: TWILIO_IDENTITY=jane doe, if that is the bot's", "fix: TWILIO_IDENTITY=[user], if that is the [TWILIO_IDENTITY]'s"},
    {"an identity's length stays", "TWILIO_IDENTITY=(set: 16 characters)", "TWILIO_IDENTITY=(set: 16 characters)"},
    {"a long hexadecimal text", "token " HEX32 "!", "token [hex]!"},
    {"what moves the cursor", "a\033[2Jb\tc\377", "a?[2Jb?c?"},
};

static void is_scrubbed(void **state)
{
    const struct row *row = *state;
    struct buffer out;

    buffer_init(&out, 4096);
    report_scrub(&out, row->text, &config);
    assert_string_equal(buffer_string(&out), row->scrubbed);
    buffer_free(&out);
}

#define LOGFMT "time=2026-11-28T03:36:56.108Z level=warn msg=webhook "

static const struct line {
    const char *name;
    const char *text, *kept; /* NULL: none of ours */
} lines[] = {
    {"logfmt", LOGFMT "id=1 result=joined status=200 conversation=CH1 peer=1.2.3.4 ms=5\n",
     LOGFMT "result=joined status=200 ms=5\n"},
    {"behind a web server's own words", "2026: (mod_fastcgi.c.1) FastCGI-stderr: " LOGFMT "result=gone\n", LOGFMT "result=gone\n"},
    {"quoted, with what looks like a field", LOGFMT "parameters=\"a reason=b\" reason=\"no \\\"x\\\" here\" url=\"http://h\"\n",
     LOGFMT "reason=\"no \\\"x\\\" here\"\n"},
    {"JSON", "{\"time\":\"2026-11-28T03:36:56.108Z\",\"level\":\"info\",\"id\":\"1\",\"status\":200,\"peer\":\"1.2.3.4\"}\n",
     "time=\"2026-11-28T03:36:56.108Z\" level=\"info\" status=200\n"},
    {"another program's", "2026-11-28 (server.c) server started\n", NULL},
    {"ours on the next line", "another\n" LOGFMT "\n", NULL},
    {"broken JSON", "{\"time\":\"2026-11-28T03:36:56.108Z\",\n", NULL},
    {"a quote that never ends", LOGFMT "reason=\"no end", LOGFMT "reason=\"no end\n"},
    {"nothing", "", NULL},
};

static void of_a_line_is_kept(void **state)
{
    const struct line *row = *state;
    struct buffer out;

    buffer_init(&out, 4096);
    assert_int_equal(report_scrub_log_line(&out, row->text), row->kept != NULL);
    assert_string_equal(buffer_string(&out), row->kept ? row->kept : "");
    buffer_free(&out);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, is_scrubbed, rows);
    CASES_ADD_TABLE(&cases, of_a_line_is_kept, lines);
    return cases_run(&cases, "report_scrub");
}
