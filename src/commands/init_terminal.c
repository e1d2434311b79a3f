#include "build.h"

#include "commands/init_terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

bool init_terminal_is_there(void)
{
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* They wait until the terminal is put right, and then do what they do. */
static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

enum { SIGNALS = sizeof signals / sizeof signals[0], TICK_MS = 100 };

enum line_end { LINE_READ, LINE_NONE, LINE_SIGNALLED };

static void change_held(int how, sigset_t *before)
{
    sigset_t held;
    size_t i;

    sigemptyset(&held);
    for (i = 0; i < SIGNALS; i++)
        sigaddset(&held, signals[i]);
    sigprocmask(how, &held, before);
}

void init_terminal_hold(sigset_t *before)
{
    change_held(SIG_BLOCK, before);
}

void init_terminal_let(void)
{
    change_held(SIG_UNBLOCK, NULL);
}

void init_terminal_release(const sigset_t *before)
{
    fflush(stdout);
    sigprocmask(SIG_SETMASK, before, NULL);
}

static bool is_signalled(void)
{
    sigset_t pending;
    size_t i;

    sigpending(&pending);
    for (i = 0; i < SIGNALS; i++)
        if (sigismember(&pending, signals[i]) == 1)
            return true;
    return false;
}

/* Signals are held: whether one has come is asked between the bytes, and while nobody types. */
static enum line_end read_line(char *line, size_t size)
{
    size_t length = 0;
    char c = '\0';

    while (c != '\n') {
        struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
        int ready = poll(&input, 1, TICK_MS);

        if (is_signalled())
            return LINE_SIGNALLED;
        if (ready == 0 || (ready < 0 && errno == EINTR))
            continue;
        if (ready < 0 || read(STDIN_FILENO, &c, 1) <= 0)
            return LINE_NONE;
        if (c != '\n' && length + 1 < size)
            line[length++] = c;
    }
    while (length > 0 && strchr(" \t\r", line[length - 1]))
        length--;
    line[length] = '\0';
    return LINE_READ;
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
    enum line_end end;
    sigset_t before;

    init_terminal_hold(&before);
    do {
        struct termios shown;
        bool restore = hidden && hide(&shown);

        fputs(prompt, stdout);
        fflush(stdout);
        end = read_line(line, size);
        if (restore)
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
        if (restore || end != LINE_READ)
            putchar('\n');
        if (end == LINE_SIGNALLED) { /* whoever is only stopped by it is asked again */
            init_terminal_release(&before);
            init_terminal_hold(&before);
        }
    } while (end == LINE_SIGNALLED);
    init_terminal_release(&before);
    if (end != LINE_READ)
        return INIT_TERMINAL_ENDED;
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
