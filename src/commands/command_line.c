#include "build.h"

#include "commands/command_line.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

int command_line_refuse(const char *usage)
{
    fputs(usage, stderr);
    return EX_USAGE;
}

static int refuse_value(const char *usage, const char *wrong)
{
    if (*wrong == '\0')
        return command_line_refuse(usage);
    fprintf(stderr, "twilio-autojoin: %s\n", wrong);
    return EX_USAGE;
}

bool command_line_read(const struct command_line *line, int argc, char **argv, void *options,
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

void command_line_print_json(json_t *object)
{
    json_dumpf(object, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
    putchar('\n');
    json_decref(object);
    fflush(stdout);
}

bool command_line_confirm(const char *what, bool yes)
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

static bool is_safe(const char *text)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789_-./:@%+,=";

    return *text && text[strspn(text, safe)] == '\0';
}

static void append_quoted(struct buffer *out, const char *bytes, size_t length)
{
    size_t i;

    buffer_append_char(out, '\'');
    for (i = 0; i < length; i++) {
        if (bytes[i] == '\'')
            buffer_append_string(out, "'\\''");
        else
            buffer_append_char(out, bytes[i]);
    }
    buffer_append_char(out, '\'');
}

void command_line_append(struct buffer *out, const char *text)
{
    if (is_safe(text))
        buffer_append_string(out, text);
    else
        append_quoted(out, text, strlen(text));
}

bool command_line_is_plain(const char *bytes, size_t length)
{
    size_t i;

    for (i = 0; i < length; i++)
        if (bytes[i] < ' ' || bytes[i] >= 0x7f)
            return false;
    return true;
}

void command_line_append_printf(struct buffer *out, const char *bytes, size_t length)
{
    size_t i;

    if (command_line_is_plain(bytes, length)) {
        buffer_append_string(out, "printf %s ");
        append_quoted(out, bytes, length);
        return;
    }
    /* Octal escapes are the ones that every printf(1) knows (POSIX, printf). */
    buffer_append_string(out, "printf '");
    for (i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];

        /* A format that begins with "-" would be an option. */
        if (c < ' ' || c >= 0x7f || strchr("\\'", c) || (c == '-' && i == 0))
            buffer_append_format(out, "\\%03o", (unsigned)c);
        else if (c == '%')
            buffer_append_string(out, "%%");
        else
            buffer_append_char(out, (char)c);
    }
    buffer_append_char(out, '\'');
}
