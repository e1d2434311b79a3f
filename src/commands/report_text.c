#include "build.h"

#include "commands/report_text.h"

#include <curl/curl.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "commands/report_run.h"
#include "commands/report_scrub.h"
#include "support/origin.h"
#include "twilio/webhook_config.h"

enum {
    COMMAND_MS = 60 * 1000,
    JOURNAL_MS = 5 * 1000,
    LOG_TAIL = 512 * 1024,
    LOG_LINES = 100,
    LINE_LIMIT = 16 * 1024,
    TEXT_LIMIT = 2 * LOG_TAIL,
    PATH_SIZE = 4096,
};

/* ---- What other commands say */

static void add_command(struct buffer *out, const char *program, const char *command, const char *option)
{
    char name[] = "twilio-autojoin", first[32], second[32];
    char *arguments[] = {name, first, option ? second : NULL, NULL};

    snprintf(first, sizeof first, "%s", command);
    snprintf(second, sizeof second, "%s", option ? option : "");
    buffer_append_format(out, "\n== %s%s%s\n", command, option ? " " : "", option ? option : "");
    if (!report_run(out, program, arguments, COMMAND_MS))
        buffer_append_string(out, "(did not end in time, or could not be started)\n");
}

/* Those of our fields, of the last lines that are ours. */
static void add_log_lines(struct buffer *out, const char *text)
{
    const char *line, *begin = text + strlen(text);
    size_t count = 0;
    struct buffer kept;

    buffer_init(&kept, LINE_LIMIT);
    while (begin > text && count < LOG_LINES) { /* from the end, to find where to begin */
        for (line = begin - 1; line > text && line[-1] != '\n';)
            line--;
        buffer_clear(&kept);
        count += report_scrub_log_line(&kept, line);
        begin = line;
    }
    buffer_free(&kept);
    for (line = begin; *line; line += line[0] == '\n') {
        report_scrub_log_line(out, line);
        line += strcspn(line, "\n");
    }
    if (count == 0)
        buffer_append_string(out, "(no line of ours)\n");
}

/* The file's end, from the first whole line on. False with errno. */
static bool read_tail(struct buffer *text, const char *path)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status;
    char bytes[8192];
    ssize_t count = -1;
    bool regular;

    if (descriptor < 0)
        return false;
    regular = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
    if (!regular)
        errno = EINVAL;
    else if (status.st_size > LOG_TAIL)
        lseek(descriptor, status.st_size - LOG_TAIL, SEEK_SET);
    while (regular && text->length < LOG_TAIL && (count = read(descriptor, bytes, sizeof bytes)) > 0)
        buffer_append(text, bytes, (size_t)count);
    close(descriptor);
    return regular && count >= 0;
}

static bool read_journal(struct buffer *text)
{
    static char program[] = "journalctl", quiet[] = "-q", unit[] = "-utwilio-autojoin.service",
                drain[] = "-utwilio-autojoin-drain.service", lines[] = "-n500", output[] = "-ocat", page[] = "--no-pager";
    char *const arguments[] = {program, quiet, unit, drain, lines, output, page, NULL};

    return access("/usr/bin/journalctl", X_OK) == 0 && report_run(text, "/usr/bin/journalctl", arguments, JOURNAL_MS);
}

static void add_log(struct buffer *out, const char *path)
{
    struct buffer text;

    buffer_init(&text, TEXT_LIMIT);
    buffer_append_format(out, "\n== log: %s\n", path ? path : "journal of twilio-autojoin and twilio-autojoin-drain");
    if (path ? read_tail(&text, path) : read_journal(&text))
        add_log_lines(out, buffer_string(&text));
    else if (path)
        buffer_append_format(out, "(cannot be read: %s)\n", strerror(errno));
    else
        buffer_append_string(out, "(cannot be read here: --log FILE names the web server's error log)\n");
    buffer_free(&text);
}

void report_text_gather(struct buffer *raw, const char *log, bool offline)
{
    char program[PATH_SIZE];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);

    program[length > 0 ? length : 0] = '\0';
    add_command(raw, program, "check", offline ? "--offline" : NULL);
    add_command(raw, program, "status", offline ? "--offline" : NULL);
    add_command(raw, program, "stats", NULL);
    add_log(raw, log);
}

/* ---- Versions and settings */

static void add_system(struct buffer *out)
{
    struct utsname system;
    char line[256];
    FILE *file = fopen("/etc/os-release", "re");

    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "PRETTY_NAME=", 12) == 0)
            buffer_append_string(out, line);
    if (file)
        fclose(file);
    if (uname(&system) == 0)
        buffer_append_format(out, "%s %s %s\n", system.sysname, system.release, system.machine);
}

static void add_versions(struct buffer *out)
{
    buffer_append_string(out, "== versions\n" PACKAGE_STRING "\n");
    buffer_append_format(out, "%s\n%s\nlibevent %s\njansson " JANSSON_VERSION "\n", curl_version(),
                         OpenSSL_version(OPENSSL_VERSION), event_get_version());
    add_system(out);
}

static void add_choice(struct buffer *out, enum setting_kind kind, unsigned value)
{
    static const char *const forwarded[] = {"no", "x-forwarded", "forwarded"};
    static const char *const places[] = {"auto", "front", "stderr"};
    static const char *const formats[] = {"logfmt", "json"};
    static const char *const levels[] = {"error", "warn", "info", "debug"};

    switch (kind) {
    case SETTING_FORWARDED:
        buffer_append_string(out, forwarded[value]);
        break;
    case SETTING_LOG_TO:
        buffer_append_string(out, places[value]);
        break;
    case SETTING_LOG_FORMAT:
        buffer_append_string(out, formats[value]);
        break;
    case SETTING_LOG_LEVEL:
        buffer_append_string(out, levels[value]);
        break;
    default:
        break;
    }
}

static void add_events(struct buffer *out, unsigned events)
{
    const char *names[WEBHOOK_CONFIG_WANTED_LIMIT];
    size_t count = webhook_config_wanted(names, events), i;

    for (i = 0; i + 1 < count; i++) /* the last one is not of the setting */
        buffer_append_format(out, "%s%s", i > 0 ? "," : "", names[i]);
}

/* Of what identifies somebody or is secret: that it is there, and how long it is, in which slips show. */
static void add_value(struct buffer *out, const struct setting *setting, const void *member)
{
    const struct setting_list *list = member;
    const char *text;
    size_t i;

    switch (setting->kind) {
    case SETTING_PATH:
        buffer_append_string(out, *(char *const *)member);
        break;
    case SETTING_PUBLIC_URL:
    case SETTING_API_URL:
    case SETTING_PROXY:
        text = *(char *const *)member;
        origin_show(out, text, strcspn(text, "?"));
        if (strchr(text, '?'))
            buffer_append_string(out, "?...");
        break;
    case SETTING_BOOLEAN:
        buffer_append_string(out, *(const bool *)member ? "yes" : "no");
        break;
    case SETTING_NUMBER:
        buffer_append_format(out, "%llu", (unsigned long long)*(const uint64_t *)member);
        break;
    case SETTING_DURATION:
        buffer_append_format(out, "%llu ms", (unsigned long long)*(const uint64_t *)member);
        break;
    case SETTING_LIST:
        for (i = 0; i < list->count; i++)
            buffer_append_format(out, "%s%s", i > 0 ? "," : "", list->items[i]);
        break;
    case SETTING_IDENTITIES:
        buffer_append_format(out, "(set: %zu)", list->count);
        break;
    case SETTING_SHARED_KEYS:
        buffer_append_format(out, "(set: %zu)", ((const struct setting_shared_keys *)member)->count);
        break;
    case SETTING_CIDRS:
        buffer_append_format(out, "(set: %zu)", ((const struct cidr_list *)member)->count);
        break;
    case SETTING_EVENTS:
        add_events(out, *(const unsigned *)member);
        break;
    case SETTING_FORWARDED:
    case SETTING_LOG_TO:
    case SETTING_LOG_FORMAT:
    case SETTING_LOG_LEVEL:
        add_choice(out, setting->kind, *(const unsigned *)member);
        break;
    default:
        buffer_append_format(out, "(set: %zu characters)", strlen(*(char *const *)member));
    }
}

static bool is_set(const struct setting *setting, const void *member)
{
    switch (setting->kind) {
    case SETTING_IDENTITIES:
    case SETTING_LIST:
        return ((const struct setting_list *)member)->count > 0;
    case SETTING_SHARED_KEYS:
        return ((const struct setting_shared_keys *)member)->count > 0;
    case SETTING_CIDRS:
        return ((const struct cidr_list *)member)->count > 0;
    case SETTING_BOOLEAN:
    case SETTING_NUMBER:
    case SETTING_DURATION:
    case SETTING_EVENTS:
    case SETTING_FORWARDED:
    case SETTING_LOG_TO:
    case SETTING_LOG_FORMAT:
    case SETTING_LOG_LEVEL:
        return true;
    default:
        return *(char *const *)member != NULL;
    }
}

void report_text_settings(struct buffer *out, const struct config *config, const struct buffer *faults)
{
    size_t count, i;
    const struct setting *settings = config_settings(&count);

    add_versions(out);
    buffer_append_format(out, "\n== settings: %s\n", config->path ? config->path : "no file");
    for (i = 0; i < count; i++) {
        const void *member = (const char *)config + settings[i].at;

        if (!is_set(&settings[i], member))
            continue;
        buffer_append_format(out, "%s=", settings[i].name);
        add_value(out, &settings[i], member);
        buffer_append_char(out, '\n');
    }
    buffer_append_string(out, buffer_string(faults));
}
