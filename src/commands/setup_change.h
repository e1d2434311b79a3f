/*
 * What all parts of `setup` share: what it was asked, and one change at Twilio: shown first, with what it was
 * before, then made if the operator says so.
 */
#ifndef AUTOJOIN_COMMANDS_SETUP_CHANGE_H
#define AUTOJOIN_COMMANDS_SETUP_CHANGE_H

#include <limits.h>
#include <stdbool.h>

#include "commands/command_context.h"
#include "support/sid.h"

enum { SETUP_FORM_LIMIT = 16 * 1024 };

struct setup_options {
    const char *url;
    const char *level; /* "service" or "account"; NULL: was not said */
    const char *retries;
    const char *closed_timer;
    const char *inactive_timer;
    const char *method; /* NULL: POST */
    char *events;       /* of --events; taken apart */
    bool shared_key, event_stream, undo;
    const char *share; /* NULL: 100 */
    bool replace, restore, dry_run, yes;
};

struct setup {
    struct setup_options options;
    struct command_context context;
    struct sid service;
    /* AUTOJOIN_SHARED_KEYS and its _FILE in the environment; copies, of which the first says only whether it is set */
    char environment_keys[2], environment_keys_file[PATH_MAX];
};

/* A form to be posted. */
struct setup_change {
    const char *path;
    const char *origin; /* NULL: AUTOJOIN_API_URL */
    struct buffer form;
};

/* Says on standard error why something could not be asked. Returns the exit status. */
int setup_failed(const char *what, const struct ask_answer *answer);

/* Asks unless --yes, posts unless --dry-run, and says that it is done. Returns the exit status. `answer` is what
 * Twilio said, if it was asked, and is not to be given back; NULL if nobody wants it. */
int setup_apply(struct setup *setup, struct setup_change *change, const char *what, struct ask_answer *answer);

/* One value before and after, made printable; "" is shown as "(none)". */
void setup_print_change(const char *name, const char *before, const char *after);

/* The same of URLs, user and password masked. */
void setup_print_url_change(const char *name, const char *before, const char *after);

/* The URL for the screen, masked and printable; `shown` is cut to fit. */
void setup_show_url(char *shown, size_t size, const char *url);

/* Appends " OPTION VALUE" to a command line. */
void setup_append_option(struct buffer *line, const char *option, const char *value);

/* The line of undoing: `line` is what follows the program's name, `url` what may have a password in it. */
void setup_print_undo(const struct buffer *line, const char *url);

#endif
