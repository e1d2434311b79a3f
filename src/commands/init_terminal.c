#include "build.h"

#include "commands/init_terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

bool init_terminal_is_there(void)
{
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* So that read() returns, and the terminal is put right, before the signal does what it does. */
static void on_signal(int number)
{
    (void)number;
}

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

enum { SIGNALS = sizeof signals / sizeof signals[0] };

static ssize_t read_line(char *line, size_t size)
{
    size_t length = 0;
    char c;

    for (;;) {
        ssize_t count = read(STDIN_FILENO, &c, 1);

        if (count <= 0)
            return -1;
        if (c == '\n')
            break;
        if (length + 1 < size)
            line[length++] = c;
    }
    while (length > 0 && strchr(" \t\r", line[length - 1]))
        length--;
    line[length] = '\0';
    return (ssize_t)length;
}

static bool hide(struct termios *before)
{
    struct termios hidden;

    if (tcgetattr(STDIN_FILENO, before) != 0)
        return false;
    hidden = *before;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    return tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0;
}

enum init_terminal_status init_terminal_read(const char *prompt, bool hidden, char *line, size_t size)
{
    struct sigaction action = {.sa_handler = on_signal}, before[SIGNALS];
    struct termios shown;
    bool restore;
    ssize_t length;
    size_t i;

    for (i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &action, &before[i]);
    restore = hidden && hide(&shown);
    fputs(prompt, stdout);
    fflush(stdout);
    length = read_line(line, size);
    if (restore) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
        putchar('\n');
    }
    for (i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &before[i], NULL);
    if (length < 0) {
        putchar('\n');
        return INIT_TERMINAL_ENDED;
    }
    memmove(line, line + strspn(line, " \t"), strlen(line + strspn(line, " \t")) + 1);
    return INIT_TERMINAL_OK;
}

bool init_terminal_confirm(const char *question)
{
    char prompt[256], answer[16];

    snprintf(prompt, sizeof prompt, "%s [Y/n] ", question);
    return init_terminal_read(prompt, false, answer, sizeof answer) == INIT_TERMINAL_OK &&
           (answer[0] == '\0' || answer[0] == 'y' || answer[0] == 'Y');
}
