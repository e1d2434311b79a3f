/*
 * How every command reads its options: --help shows the usage; what is wrong shows it on standard
 * error, and the exit status is 64.
 */
#ifndef AUTOJOIN_COMMANDS_COMMANDLINE_H
#define AUTOJOIN_COMMANDS_COMMANDLINE_H

#include <getopt.h>
#include <stdbool.h>

/* Takes one option, with its value in `optarg`. Returns NULL, or what is wrong with the value, for a
 * person to read; an empty text: show the usage. */
typedef const char *commandline_take_fn(void *options, int option);

struct commandline {
    const char *usage;
    const struct option *known; /* --help is 'h', in each */
    commandline_take_fn *take;
    bool arguments; /* others may follow the options: they begin at argv[optind] */
};

/* Reads a whole command line. False if that is all there is to do, with the exit status. */
bool commandline_read(const struct commandline *line, int argc, char **argv, void *options,
                      int *status);

/* Shows the usage on standard error. Returns the exit status. */
int commandline_refuse(const char *usage);

#endif
