#include "build.h"

#include "commands/check_settings.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands/check_dated.h"
#include "support/clock.h"
#include "support/origin.h"
#include "support/settings_file.h"

enum { FIX_SIZE = 1024 };

#define STANDARD AUTOJOIN_SYSCONFDIR "/twilio-autojoin.conf"
#define EXAMPLE AUTOJOIN_PKGDATADIR "/twilio-autojoin.conf"

/* What mends a settings file that is not there, not to be read, or open to others. */
static void describe_file_fix(char fix[FIX_SIZE], const char *path, const struct check_settings_place *place)
{
    struct buffer content;
    enum settings_file_status status;

    buffer_init_secret(&content, SETTINGS_FILE_LIMIT);
    status = settings_file_read(path, &content);
    buffer_free(&content);
    if (status == SETTINGS_FILE_MISSING)
        snprintf(fix, FIX_SIZE, "twilio-autojoin init; or: install -m 0640 -o root -g %s " EXAMPLE " %.300s, and write your account's values into it",
                 place->group, path);
    else if (status == SETTINGS_FILE_UNREADABLE && geteuid() != 0)
        snprintf(fix, FIX_SIZE, "sudo twilio-autojoin check; the responder's user must be able to read it: "
                                "chown root:%s %.300s && chmod 0640 %.300s", place->group, path, path);
    else
        snprintf(fix, FIX_SIZE, "chown root:%s %.300s && chmod 0640 %.300s", place->group, path, path);
}

/* A fault of the file as a whole begins with its name, and is the only one of what would stand in it. */
static bool is_of_file(const char *fault, size_t length, const char *path)
{
    size_t name = strlen(path);

    return length > name && memcmp(fault, path, name) == 0 && fault[name] == ' ';
}

static void tell_fault(struct findings *findings, const char *fault, size_t length,
                       const struct check_settings_place *place)
{
    const char *path = place->path && *place->path ? place->path : STANDARD;
    char fix[FIX_SIZE];

    if (is_of_file(fault, length, path))
        describe_file_fix(fix, path, place);
    else
        snprintf(fix, sizeof fix, "correct it in %.300s; twilio-autojoin.conf(5) says what is allowed", path);
    findings_add(findings, FINDING_FAIL, "settings", fix, "%.*s", (int)length, fault);
}

static void check_public_url(struct findings *findings, const struct config *config)
{
    struct origin origin;

    if (!config->public_url)
        findings_add(findings, FINDING_WARN, "settings", "AUTOJOIN_PUBLIC_URL=https://YOUR-HOST/webhooks/twilio",
                     "AUTOJOIN_PUBLIC_URL is not set: behind a proxy signatures will fail");
    else if (origin_parse(&origin, config->public_url, strlen(config->public_url)) && !origin.https &&
             !origin_is_loopback(&origin))
        findings_add(findings, FINDING_WARN, "settings",
                     "let the web server speak TLS, AUTOJOIN_PUBLIC_URL=https://..., then twilio-autojoin setup --replace",
                     "AUTOJOIN_PUBLIC_URL is http://: everybody on the way reads the customers' messages");
}

static void check_meaning(struct findings *findings, const struct config *config)
{
    if (!config->enabled)
        findings_add(findings, FINDING_FAIL, "settings", "TWILIO_ENABLED=true",
                     "TWILIO_ENABLED is false: nothing is joined");
    check_public_url(findings, config);
    if (!config->spool_dir)
        findings_add(findings, FINDING_WARN, "settings", "AUTOJOIN_SPOOL_DIR=/var/spool/twilio-autojoin",
                     "AUTOJOIN_SPOOL_DIR is not set: a join that fails is not tried again");
}

bool check_settings(struct findings *findings, const struct config *config, const struct buffer *faults,
                    const struct check_settings_place *place)
{
    const char *at = buffer_string(faults);

    while (*at) {
        size_t length = strcspn(at, "\n");

        tell_fault(findings, at, length, place);
        at += length + (at[length] == '\n');
    }
    if (faults->length > 0)
        return false;
    findings_add(findings, FINDING_PASS, "settings", NULL, "well-formed, from %s; files were looked at as %s, %s",
                 config->path ? config->path : "the environment", place->user, place->why);
    check_meaning(findings, config);
    check_dated(findings, config, clock_wall_ms());
    return true;
}
