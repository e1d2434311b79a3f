/* twilio-autojoin: the operator's tool. The table of commands. */
#include "build.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static const char usage[] = "Usage: twilio-autojoin COMMAND [OPTION ...]\n"
                            "       twilio-autojoin --help | --version\n";

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts(PACKAGE_STRING);
        return EX_OK;
    }
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return EX_OK;
    }
    fputs(usage, stderr);
    return EX_USAGE;
}
