#include "build.h"

#include "commands/command_line.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "commands/terminal_text.h"
#include "support/nearest.h"

/* How the command is called, which is how its usage begins, and where the rest stands. */
static void print_synopsis(const char *usage)
{
    const char *end = strstr(usage, "\n\n");
    const char *name = strchr(usage, ' '), *command = name ? strchr(name + 1, ' ') : NULL;
    struct buffer synopsis;

    if (!end || !command) {
        terminal_text_print_usage(stderr, usage);
        return;
    }
    buffer_init(&synopsis, 4096);
    buffer_append(&synopsis, usage, (size_t)(end + 1 - usage));
    terminal_text_print_usage(stderr, buffer_string(&synopsis));
    buffer_free(&synopsis);
    fprintf(stderr, "Everything about it: twilio-autojoin%.*s --help\n", (int)(1 + strcspn(command + 1, " \n")),
            command);
}

int command_line_refuse(const char *usage)
{
    print_synopsis(usage);
    return EX_USAGE;
}

static int refuse_value(const char *usage, const char *wrong)
{
    if (*wrong == '\0')
        return command_line_refuse(usage);
    fprintf(stderr, "twilio-autojoin: %s\n", wrong);
    return EX_USAGE;
}

/* What getopt_long() did not understand: `letter` is 0 for a long option, which is then the word before optind. */
static void name_wrong_option(const struct command_line *line, char **argv, int what, int letter)
{
    struct nearest_search search = {.word = ""};
    const struct option *known;
    char word[NEAREST_LIMIT];
    const char *given = optind > 0 ? argv[optind - 1] : "";

    if (what == ':') {
        fprintf(stderr, "twilio-autojoin: %s: a value must follow %.64s\n", argv[0], given);
        return;
    }
    for (known = line->known; known->name && letter != 0 && strncmp(given, "--", 2) == 0; known++) {
        if (known->val == letter) {
            fprintf(stderr, "twilio-autojoin: %s: --%s takes no value\n", argv[0], known->name);
            return;
        }
    }
    if (strncmp(given, "--", 2) != 0) {
        fprintf(stderr, "twilio-autojoin: %s: no such option: -%c\n", argv[0], letter);
        return;
    }
    snprintf(word, sizeof word, "%.*s", (int)strcspn(given + 2, "="), given + 2);
    search.word = word;
    for (known = line->known; known->name; known++)
        nearest_try(&search, known->name);
    fprintf(stderr, "twilio-autojoin: %s: no such option: --%s%s%s%s\n", argv[0], word,
            search.found ? "; did you mean --" : "", search.found ? search.found : "", search.found ? "?" : "");
}

bool command_line_read(const struct command_line *line, int argc, char **argv, void *options,
                      int *status)
{
    const char *wrong = NULL;
    int option;

    *status = EX_OK;
    while (!wrong && (option = getopt_long(argc, argv, ":h", line->known, NULL)) != -1) {
        if (option == 'h') {
            terminal_text_print_usage(stdout, line->usage);
            return false;
        }
        if (option == '?' || option == ':')
            name_wrong_option(line, argv, option, optopt);
        wrong = option == '?' || option == ':' ? "" : line->take(options, option);
    }
    if (!wrong && (line->arguments || optind == argc))
        return true;
    if (!wrong)
        fprintf(stderr, "twilio-autojoin: %s: takes no \"%.64s\"\n", argv[0], argv[optind]);
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

bool command_line_ask(const char *question)
{
    char answer[16] = "";

    printf("%s [y/N] ", question);
    fflush(stdout);
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

bool command_line_confirm(const char *what, bool yes)
{
    char question[128];

    if (yes)
        return true;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        fprintf(stderr, "twilio-autojoin: %s: not on a terminal: --yes is needed\n", what);
        return false;
    }
    snprintf(question, sizeof question, "Change the %s?", what);
    return command_line_ask(question);
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
