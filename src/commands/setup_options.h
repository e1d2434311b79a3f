/* What `setup` is told to do: its command line. */
#ifndef AUTOJOIN_COMMANDS_SETUP_OPTIONS_H
#define AUTOJOIN_COMMANDS_SETUP_OPTIONS_H

#include <stdbool.h>

struct setup_options {
    const char *url;
    const char *level;
    const char *retries;
    const char *closed_timer;
    const char *inactive_timer;
    const char *method; /* NULL: POST */
    char *events; /* of --events; taken apart */
    bool replace, dry_run, yes;
};

/* Reads the command line. False if that is all there is to do, with the exit status. */
bool setup_options_read(struct setup_options *options, int argc, char **argv, int *status);

#endif
