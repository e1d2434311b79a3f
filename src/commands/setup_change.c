#include "build.h"

#include "commands/setup_change.h"

#include <stdio.h>
#include <string.h>

#include "commands/command.h"
#include "commands/command_line.h"
#include "support/log.h"
#include "support/origin.h"

enum { SHOWN_LIMIT = 16 * 1024 };

int setup_failed(const char *what, const struct ask_answer *answer)
{
    fflush(stdout);
    fprintf(stderr, "twilio-autojoin: %s: %s\n", what, answer->message);
    return COMMAND_LEFT;
}

int setup_apply(struct setup *setup, struct setup_change *change, const char *what, struct ask_answer *answer)
{
    struct rest_request request = {.method = REST_POST, .path = change->path, .origin = change->origin};
    struct ask_answer own, *told = answer ? answer : &own;
    int status = COMMAND_OK;

    *told = (struct ask_answer){.retry_after_s = -1};
    if (buffer_status(&change->form) != BUFFER_OK)
        return COMMAND_LEFT;
    if (setup->options.dry_run)
        return COMMAND_OK;
    if (!command_line_confirm(what, setup->options.yes))
        return COMMAND_LEFT;
    request.form = change->form.data;
    if (ask(&setup->context.asker, &request, told))
        printf("%s: done\n", what);
    else
        status = answer ? COMMAND_LEFT : setup_failed(what, told);
    ask_forget(told);
    return status;
}

void setup_print_change(const char *name, const char *before, const char *after)
{
    char shown[512];

    log_copy_printable(shown, sizeof shown, *before ? before : "(none)");
    printf("  %-10s %s\n", name, shown);
    if (strcmp(before, after) == 0)
        return;
    log_copy_printable(shown, sizeof shown, *after ? after : "(none)");
    printf("  %-10s   -> %s\n", "", shown);
}

/* Nobody who looks over a shoulder is to read a password of a URL. */
void setup_print_url_change(const char *name, const char *before, const char *after)
{
    struct buffer shown_before, shown_after;

    buffer_init(&shown_before, SHOWN_LIMIT);
    buffer_init(&shown_after, SHOWN_LIMIT);
    origin_show(&shown_before, before, strlen(before));
    origin_show(&shown_after, after, strlen(after));
    if (strcmp(before, after) != 0 &&
        strcmp(buffer_string(&shown_before), buffer_string(&shown_after)) == 0)
        buffer_append_string(&shown_after, " (another user or password)");
    setup_print_change(name, buffer_string(&shown_before), buffer_string(&shown_after));
    buffer_free(&shown_before);
    buffer_free(&shown_after);
}

void setup_show_url(char *shown, size_t size, const char *url)
{
    struct buffer masked;

    buffer_init(&masked, SHOWN_LIMIT);
    origin_show(&masked, url, strlen(url));
    log_copy_printable(shown, size, buffer_string(&masked));
    buffer_free(&masked);
}

static bool has_password(const char *url)
{
    struct origin origin;

    return origin_parse(&origin, url, strlen(url)) && origin.userinfo_length > 0;
}

void setup_append_option(struct buffer *line, const char *option, const char *value)
{
    buffer_append_format(line, " %s ", option);
    command_line_append(line, value);
}

/* What stands at Twilio may be anything. */
void setup_print_undo(const struct buffer *line, const char *url)
{
    if (command_line_is_plain(buffer_string(line), line->length))
        printf("  To undo%s: twilio-autojoin %s\n",
               has_password(url) ? " (with the URL's password in the clear)" : "",
               buffer_string(line));
    else
        puts("  To undo: by Twilio's console, for what stands there is no plain text");
}
