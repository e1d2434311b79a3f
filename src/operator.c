/* twilio-autojoin: the operator's tool. The table of commands. */
#include "build.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "commands/command.h"
#include "support/harden.h"
#include "support/nearest.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} commands[] = {
    {"init", init_command, "ask, verify, write the settings: from nothing to a joined bot"},
    {"check", check_command, "say what would keep the bot from joining"},
    {"setup", setup_command, "make Twilio send its webhooks to us"},
    {"probe", probe_command, "try the whole round trip on the account"},
    {"status", status_command, "say on one screen how it stands, and what to do"},
    {"stats", stats_command, "show what was counted"},
    {"drain", drain_command, "finish the joins that are left in the spool"},
    {"sign", sign_command, "sign a webhook as Twilio would, and send it"},
    {"explain", explain_command, "say why a webhook's signature does not match, and the fix"},
    {"reconcile", reconcile_command, "find active conversations without the bot, and join them"},
    {"report", report_command, "write a file for somebody who helps, without secrets"},
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void print_usage(FILE *out)
{
    size_t i;

    fputs("Usage: twilio-autojoin COMMAND [OPTION ...]\n"
          "       twilio-autojoin COMMAND --help | --help | --version\n"
          "\n"
          "Keeps a bot in its Twilio conversations. Commands:\n"
          "\n",
          out);
    for (i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
    fputs("\nSettings: " AUTOJOIN_SYSCONFDIR
          "/twilio-autojoin.conf, or the file that AUTOJOIN_CONFIG names.\n",
          out);
}

static void name_wrong_command(const char *name)
{
    struct nearest_search search = {.word = name};
    size_t i;

    for (i = 0; i < COMMAND_COUNT; i++)
        nearest_try(&search, commands[i].name);
    fprintf(stderr, "twilio-autojoin: no such command: %.64s", name);
    if (search.found)
        fprintf(stderr, "; did you mean %s?", search.found);
    fputs("\nAll of them: twilio-autojoin --help\n", stderr);
}

int main(int argc, char **argv)
{
    size_t i;

    harden_standard_descriptors();
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        puts(PACKAGE_STRING);
        return EX_OK;
    }
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        print_usage(stdout);
        return EX_OK;
    }
    for (i = 0; argc > 1 && i < COMMAND_COUNT; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    if (argc > 1)
        name_wrong_command(argv[1]);
    else
        print_usage(stderr);
    return EX_USAGE;
}
