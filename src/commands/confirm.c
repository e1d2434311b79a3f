#include "build.h"

#include "commands/confirm.h"

#include <stdio.h>
#include <unistd.h>

bool confirm(const char *what, bool yes)
{
    char answer[16] = "";

    if (yes)
        return true;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        fprintf(stderr, "twilio-autojoin: %s: not on a terminal: --yes is needed\n", what);
        return false;
    }
    printf("Change the %s? [y/N] ", what);
    fflush(stdout);
    if (!fgets(answer, sizeof answer, stdin))
        return false;
    return answer[0] == 'y' || answer[0] == 'Y';
}
