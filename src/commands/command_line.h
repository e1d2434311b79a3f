/*
 * How every command speaks with whoever called it: its options (--help and -h show the usage; what is wrong is
 * named on standard error, with how the command is called, and the exit status is 64), a question, a JSON object a line, command lines to be pasted.
 */
#ifndef AUTOJOIN_COMMANDS_COMMAND_LINE_H
#define AUTOJOIN_COMMANDS_COMMAND_LINE_H

#include <getopt.h>
#include <stdbool.h>

#include <jansson.h>

#include "support/buffer.h"

/* Takes one option, with its value in `optarg`. Returns NULL, or what is wrong with the value, for a
 * person to read; an empty text: show the usage. */
typedef const char *command_line_take_fn(void *options, int option);

struct command_line {
    const char *usage;
    const struct option *known; /* --help is 'h', in each */
    command_line_take_fn *take;
    bool arguments; /* others may follow the options: they begin at argv[optind] */
};

/* Reads a whole command line. False if that is all there is to do, with the exit status. */
bool command_line_read(const struct command_line *line, int argc, char **argv, void *options,
                      int *status);

/* Shows on standard error how the command is called: the usage's first paragraph. Returns the exit status. */
int command_line_refuse(const char *usage);

/* Prints the object in ASCII and gives it back (a stolen reference, as json_pack() returns it). */
void command_line_print_json(json_t *object);

/* Asks on the terminal. True if the answer begins with y. */
bool command_line_ask(const char *question);

/* True with `yes`, or if a person at the terminal says so. Off a terminal without `yes`:
 * false, and standard error says that --yes is needed. */
bool command_line_confirm(const char *what, bool yes);

/* Appends the text as one word, quoted unless it is plainly safe. */
void command_line_append(struct buffer *out, const char *text);

/* Whether the bytes are printable ASCII, so that a quoted word shows them as they are. */
bool command_line_is_plain(const char *bytes, size_t length);

/* Appends a `printf` command that writes the bytes, whatever they are. */
void command_line_append_printf(struct buffer *out, const char *bytes, size_t length);

#endif
