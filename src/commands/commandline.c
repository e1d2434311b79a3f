#include "build.h"

#include "commands/commandline.h"

#include <stdio.h>
#include <sysexits.h>

int commandline_refuse(const char *usage)
{
    fputs(usage, stderr);
    return EX_USAGE;
}

static int refuse_value(const char *usage, const char *wrong)
{
    if (*wrong == '\0')
        return commandline_refuse(usage);
    fprintf(stderr, "twilio-autojoin: %s\n", wrong);
    return EX_USAGE;
}

bool commandline_read(const struct commandline *line, int argc, char **argv, void *options,
                      int *status)
{
    const char *wrong = NULL;
    int option;

    *status = EX_OK;
    while (!wrong && (option = getopt_long(argc, argv, "", line->known, NULL)) != -1) {
        if (option == 'h') {
            fputs(line->usage, stdout);
            return false;
        }
        wrong = option == '?' ? "" : line->take(options, option);
    }
    if (!wrong && (line->arguments || optind == argc))
        return true;
    *status = refuse_value(line->usage, wrong ? wrong : "");
    return false;
}
