/* Asking a person at the terminal, for `init`. */
#ifndef AUTOJOIN_COMMANDS_INIT_TERMINAL_H
#define AUTOJOIN_COMMANDS_INIT_TERMINAL_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

enum init_terminal_status {
    INIT_TERMINAL_OK,
    INIT_TERMINAL_ENDED /* no more lines: nobody is there to ask */
};

/* Whether standard input and output are a terminal. */
bool init_terminal_is_there(void);

/* Shows the prompt and reads a line, without the line feed and the blanks around it. `hidden`: what is typed is not
 * shown; the terminal is as it was before a signal ends or stops the process. A line that is too long is cut. */
enum init_terminal_status init_terminal_read(const char *prompt, bool hidden, char *line, size_t size);

/* Holds the terminal's signals back, and lets them do what they do: around what is not to be left half done, such as waiting
 * for a process, which gets them too and is to begin with init_terminal_let(). `before` gets what was held. */
void init_terminal_hold(sigset_t *before);
void init_terminal_release(const sigset_t *before);
void init_terminal_let(void);

/* A question with yes as the answer to nothing. */
bool init_terminal_confirm(const char *question);

#endif
