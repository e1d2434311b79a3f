/* support/assignments: systemd's EnvironmentFile syntax. */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/assignments.h"

/* What the parser found, one entry or fault a line. */
static const struct syntax {
    const char *name;
    const char *content;
    const char *found; /* "NAME=[value]\n" or "!line\n" */
} syntaxes[] = {
    {"nothing", "", ""},
    {"a pair", "A=1\n", "A=[1]\n"},
    {"a pair without a line end", "A=1", "A=[1]\n"},
    {"two pairs", "A=1\nB=2\n", "A=[1]\nB=[2]\n"},
    {"an empty value", "A=\nB=2\n", "A=[]\nB=[2]\n"},
    {"blank lines", "\n  \n\t\nA=1\n\n", "A=[1]\n"},
    {"comments", "# one\n; two\n  # three\nA=1\n", "A=[1]\n"},
    {"a comment that looks like a setting", "#A=1\nB=2\n", "B=[2]\n"},
    {"a comment does not go on behind a backslash", "# one \\\nA=1\n", "A=[1]\n"},
    {"no comment behind a value", "A=1 # one\n", "A=[1 # one]\n"},
    {"blanks around the value", "A=  1 2  \n", "A=[1 2]\n"},
    {"blanks around the name", "  A =1\n", "A=[1]\n"},
    {"an equals sign in the value", "A=b=c\n", "A=[b=c]\n"},
    {"lines as Windows ends them", "A=1\r\n\r\nB=\"2\"\r\n", "A=[1]\nB=[2]\n"},
    {"double quotes", "A=\"1 2 \"\n", "A=[1 2 ]\n"},
    {"single quotes", "A='1 2 '\n", "A=[1 2 ]\n"},
    {"empty quotes", "A=\"\"\nB=''\n", "A=[]\nB=[]\n"},
    {"a hash in quotes", "A=\"#1\"\n", "A=[#1]\n"},
    {"single quotes in double ones", "A=\"it's\"\n", "A=[it's]\n"},
    {"double quotes in single ones", "A='say \"x\"'\n", "A=[say \"x\"]\n"},
    {"escapes in double quotes", "A=\"a\\\"b\\\\c\\$d\\`e\"\n", "A=[a\"b\\c$d`e]\n"},
    {"other backslashes in double quotes stay", "A=\"a\\nb\"\n", "A=[a\\nb]\n"},
    {"a backslash in single quotes stays", "A='a\\b\\'\n", "A=[a\\b\\]\n"},
    {"an escape in a bare value", "A=a\\ b\\\\c\n", "A=[a b\\c]\n"},
    {"an escaped blank at the end stays", "A=a\\ \n", "A=[a ]\n"},
    {"a line that goes on", "A=one\\\ntwo\nB=2\n", "A=[onetwo]\nB=[2]\n"},
    {"a quoted line that goes on", "A=\"one\\\ntwo\"\nB=2\n", "A=[onetwo]\nB=[2]\n"},
    {"a quoted line end", "A=\"one\ntwo\"\nB=2\n", "A=[one\ntwo]\nB=[2]\n"},
    {"JSON needs no quotes", "A={\"a\":1}\n", "A=[{\"a\":1}]\n"},
    {"JSON in single quotes", "A='{\"a\":\"b c\"}'\n", "A=[{\"a\":\"b c\"}]\n"},
    {"a quote within a bare value", "A=it's\n", "A=[it's]\n"},
    {"quotes one behind another", "A='a''b'\n", "A=[ab]\n"},
    {"no dollar is expanded", "A=$HOME\n", "A=[$HOME]\n"},
    {"the name twice", "A=1\nA=2\n", "A=[1]\nA=[2]\n"},
    {"no equals sign", "A=1\nrubbish\nB=2\n", "A=[1]\n!2\nB=[2]\n"},
    {"no equals sign in the last line", "A=1\nrubbish", "A=[1]\n!2\n"},
    {"no name", "=1\nB=2\n", "!1\nB=[2]\n"},
    {"a name that begins with a digit", "1A=1\nB=2\n", "!1\nB=[2]\n"},
    {"a name with a blank", "A B=1\n", "!1\n"},
    {"a name with a dash", "A-B=1\n", "!1\n"},
    {"a shell's export", "export A=1\n", "!1\n"},
    {"a double quote that is never closed", "A=1\nB=\"x\nC=3\n", "A=[1]\n!2\n"},
    {"a single quote that is never closed", "A='x\n", "!1\n"},
    {"lines are counted across quotes", "A=\"one\ntwo\"\nrubbish\n", "A=[one\ntwo]\n!3\n"},
    {"lines are counted across lines that go on", "A=one\\\ntwo\nrubbish\n", "A=[onetwo]\n!3\n"},
    {"lines are counted across comments", "# one\n\n; two\nrubbish\n", "!4\n"},
    {"a backslash at the very end", "A=1\\", "A=[1\\]\n"},
};

static char found[1024];

static void note_entry(void *argument, const char *name, const char *value)
{
    char *text = argument;

    snprintf(text + strlen(text), sizeof found - strlen(text), "%s=[%s]\n", name, value);
}

static void note_fault(void *argument, unsigned line, const char *what)
{
    char *text = argument;

    assert_non_null(what);
    snprintf(text + strlen(text), sizeof found - strlen(text), "!%u\n", line);
}

static void is_parsed(void **state)
{
    const struct syntax *row = *state;
    char *content = strdup(row->content);

    found[0] = '\0';
    assignments_parse(content, note_entry, note_fault, found);
    assert_string_equal(found, row->found);
    free(content);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, is_parsed, syntaxes);
    return cases_run(&cases, "assignments");
}
