#include "build.h"

#include "commands/setup_timers.h"

#include <stdio.h>
#include <string.h>

#include "commands/command.h"
#include "support/percent.h"
#include "twilio/resources.h"

/* Shows one timer, and adds it to the form if it changes; the undo line gets what it was. */
static void change_timer(struct setup_change *change, const char *option, const char *name,
                         const char *parameter, const char *before, const char *after,
                         struct buffer *undo)
{
    if (!after)
        return;
    setup_print_change(name, before, after);
    if (strcmp(before, after) == 0)
        return;
    percent_encode_pair(&change->form, parameter, after);
    setup_append_option(undo, option, *before ? before : "none");
}

static const char *timer_value(const char *option)
{
    return option && strcmp(option, "none") == 0 ? "" : option;
}

/* Twilio has these timers for the account only (Conversations API, /v1/Configuration). */
int setup_timers(struct setup *setup)
{
    char path[REST_PATH_LIMIT];
    struct setup_change change = {.path = path};
    struct ask_answer answer;
    struct buffer undo;
    size_t begun;
    int status = COMMAND_OK;

    resources_configuration(path, sizeof path);
    if (!ask_get(&setup->context.asker, path, &answer) ||
        !ask_has_text(&answer, "default_inactive_timer") ||
        !ask_has_text(&answer, "default_closed_timer"))
        return setup_failed(path, &answer);
    buffer_init(&change.form, SETUP_FORM_LIMIT);
    buffer_init(&undo, SETUP_FORM_LIMIT);
    buffer_append_string(&undo, "setup");
    begun = undo.length;
    puts("Timers of the account's new conversations:");
    change_timer(&change, "--inactive-timer", "inactive", "DefaultInactiveTimer",
                 ask_text(&answer, "default_inactive_timer"),
                 timer_value(setup->options.inactive_timer), &undo);
    change_timer(&change, "--closed-timer", "closed", "DefaultClosedTimer",
                 ask_text(&answer, "default_closed_timer"), timer_value(setup->options.closed_timer),
                 &undo);
    if (undo.length == begun) {
        puts("  nothing to change");
    } else {
        setup_print_undo(&undo, "");
        status = setup_apply(setup, &change, "timers", NULL);
    }
    buffer_free(&undo);
    buffer_free(&change.form);
    ask_forget(&answer);
    return status;
}
