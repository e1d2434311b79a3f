#include "build.h"

#include "responder_options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static const char usage[] =
    "Usage: twilio-autojoin.fcgi --listen unix:PATH|ADDRESS:PORT [--mode OCTAL] [--group NAME]\n"
    "       twilio-autojoin.fcgi --check-config | --help | --version\n"
    "\n"
    "The responder of twilio-autojoin: puts a bot into Twilio conversations. Usually a web server\n"
    "starts it, as CGI or FastCGI, and it takes no arguments then.\n"
    "\n"
    "  --listen WHERE    serve FastCGI on a Unix socket, or on a loopback address\n"
    "  --mode OCTAL      mode of the Unix socket (0600)\n"
    "  --group NAME      group of the Unix socket\n"
    "  --check-config    judge the settings and exit (0 or 78)\n"
    "  --help, --version\n"
    "\n"
    "Settings: " AUTOJOIN_SYSCONFDIR "/twilio-autojoin.conf, or the file that AUTOJOIN_CONFIG names;\n"
    "the environment overrides it. See twilio-autojoin.conf(5).\n";

static void finish(struct responder_options *options, int status)
{
    options->mode = RESPONDER_DONE;
    options->status = status;
}

static void finish_with_usage(struct responder_options *options)
{
    fputs(usage, stderr);
    finish(options, EX_USAGE);
}

static bool read_mode(mode_t *mode, const char *text)
{
    char *end;
    unsigned long number = strtoul(text, &end, 8);

    *mode = (mode_t)number;
    return *text >= '0' && *text <= '7' && *end == '\0' && number <= 0777;
}

static void take_option(struct responder_options *options, int option)
{
    switch (option) {
    case 'l':
        options->mode = RESPONDER_LISTEN;
        options->listener.address = optarg;
        break;
    case 'm':
        if (!read_mode(&options->listener.mode, optarg)) {
            fputs("--mode takes an octal number such as 0660\n", stderr);
            finish(options, EX_USAGE);
        }
        break;
    case 'g':
        options->listener.group = optarg;
        break;
    case 'c':
        options->mode = RESPONDER_CHECK_CONFIG;
        break;
    case 'h':
        fputs(usage, stdout);
        finish(options, EX_OK);
        break;
    case 'v':
        puts(PACKAGE_STRING);
        finish(options, EX_OK);
        break;
    default:
        finish_with_usage(options);
    }
}

static void read_command_line(struct responder_options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"listen", required_argument, NULL, 'l'}, {"mode", required_argument, NULL, 'm'},
        {"group", required_argument, NULL, 'g'},  {"check-config", no_argument, NULL, 'c'},
        {"help", no_argument, NULL, 'h'},         {"version", no_argument, NULL, 'v'},
        {NULL, 0, NULL, 0},
    };
    int option;

    options->mode = RESPONDER_FASTCGI;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        take_option(options, option);
        if (options->mode == RESPONDER_DONE)
            return;
    }
    if (optind < argc || options->mode == RESPONDER_FASTCGI)
        finish_with_usage(options);
}

void responder_options_read(struct responder_options *options, int argc, char **argv)
{
    *options = (struct responder_options){.listener = {.mode = 0600}};
    if (listener_is_listening(STDIN_FILENO)) {
        options->mode = RESPONDER_FASTCGI;
        options->descriptor = STDIN_FILENO;
        return;
    }
    if (getenv("GATEWAY_INTERFACE")) {
        options->mode = RESPONDER_CGI;
        return;
    }
    options->descriptor = listener_from_systemd();
    if (argc <= 1 && options->descriptor >= 0) {
        options->mode = RESPONDER_FASTCGI;
        return;
    }
    read_command_line(options, argc, argv);
}
