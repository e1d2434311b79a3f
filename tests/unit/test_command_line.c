/* commands/command_line: a shell reads back exactly the bytes that went in. */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <string.h>

#include "commands/command_line.h"

static const struct row {
    const char *name;
    const char *text;
    const char *word;
} rows[] = {
    {"a plain word", "https://h.example/p", "https://h.example/p"},
    {"an empty one", "", "''"},
    {"blanks", "a b", "'a b'"},
    {"quotes", "it's", "'it'\\''s'"},
    {"substitutions", "$(reboot)`x`$HOME", "'$(reboot)`x`$HOME'"},
    {"ends of commands", "a;b&c|d>e", "'a;b&c|d>e'"},
    {"globs and brackets", "[a]*?{b}~", "'[a]*?{b}~'"},
    {"a backslash", "a\\", "'a\\'"},
    {"history", "!!", "'!!'"},
};

static void is_quoted(void **state)
{
    const struct row *row = *state;
    struct buffer word;

    buffer_init(&word, 256);
    command_line_append(&word, row->text);
    assert_string_equal(buffer_string(&word), row->word);
    buffer_free(&word);
}

/* Runs the command in a shell; what it writes must be these bytes. */
static void assert_writes(const char *command, const char *bytes, size_t length)
{
    char got[1024];
    FILE *shell = popen(command, "r");
    size_t count;

    assert_non_null(shell);
    count = fread(got, 1, sizeof got, shell);
    assert_int_equal(pclose(shell), 0);
    assert_int_equal(count, length);
    assert_memory_equal(got, bytes, length);
}

static void printf_writes_any_bytes(void **state)
{
    char bytes[256 + 4];
    struct buffer command;
    unsigned i;

    (void)state;
    for (i = 0; i < 256; i++)
        bytes[i] = (char)i;
    memcpy(bytes + 256, "%s\\1", 4);
    buffer_init(&command, 4096);
    command_line_append_printf(&command, bytes, sizeof bytes);
    assert_writes(buffer_string(&command), bytes, sizeof bytes);
    buffer_clear(&command);
    command_line_append_printf(&command, "--b\r\n-v\r\n", 9);
    assert_writes(buffer_string(&command), "--b\r\n-v\r\n", 9);
    buffer_clear(&command);
    command_line_append_printf(&command, "it's %d \\n $x", 13);
    assert_writes(buffer_string(&command), "it's %d \\n $x", 13);
    buffer_free(&command);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, is_quoted, rows);
    CASES_ADD(&cases, printf_writes_any_bytes);
    return cases_run(&cases, "shellword");
}
