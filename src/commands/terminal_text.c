#include "build.h"

#include "commands/terminal_text.h"

#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "support/buffer.h"

static const char program[] = "twilio-autojoin "; /* a usage of its own begins with it */

enum { NARROWEST = 40, WIDEST = 100, USAGE_WIDTH = 80, PARAGRAPH_LIMIT = 8192 };

unsigned terminal_text_width(FILE *out)
{
    struct winsize size = {0};

    if (!isatty(fileno(out)) || ioctl(fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 0;
    if (size.ws_col < NARROWEST)
        return NARROWEST;
    return size.ws_col > WIDEST ? WIDEST : size.ws_col;
}

unsigned terminal_text_height(FILE *out)
{
    struct winsize size = {0};

    return isatty(fileno(out)) && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

void terminal_text_redraw(FILE *out, const char *page)
{
    fputs("\033[H", out);
    while (*page) {
        size_t length = strcspn(page, "\n");

        fprintf(out, "%.*s\033[K", (int)length, page);
        page += length + (page[length] == '\n');
        if (*page)
            putc('\n', out);
    }
    fputs("\033[J", out);
}

/* Of one word, or of all that stands in one pair of brackets, if that fits into a line. */
static size_t word_length(const char *text, size_t most)
{
    size_t length, depth = 0;

    for (length = 0; text[length] && text[length] != '\n' && (depth > 0 || text[length] != ' '); length++) {
        depth += text[length] == '[';
        depth -= depth > 0 && text[length] == ']';
    }
    return depth == 0 && length <= most ? length : strcspn(text, " ");
}

static void wrap(FILE *out, const char *text, unsigned column, unsigned hang, unsigned width)
{
    bool begun = false;

    if (hang > width / 2) /* a narrow terminal: explanations below what they explain */
        hang = 4;
    while (*(text += strspn(text, " "))) {
        size_t length = word_length(text, width - hang);

        if (begun && column + 1 + length > width) {
            fprintf(out, "\n%*s", (int)hang, "");
            column = hang;
        } else if (begun) {
            putc(' ', out);
            column++;
        }
        fwrite(text, 1, length, out);
        column += (unsigned)length;
        text += length;
        begun = true;
    }
    putc('\n', out);
}

void terminal_text_print(FILE *out, const char *text, unsigned column, unsigned hang)
{
    terminal_text_wrap(out, text, column, hang, terminal_text_width(out));
}

void terminal_text_wrap(FILE *out, const char *text, unsigned column, unsigned hang, unsigned width)
{
    if (width == 0)
        fprintf(out, "%s\n", text);
    else
        wrap(out, text, column, hang, width);
}

/* One line of a usage text: where it begins, and where an explanation in it does. */
struct usage_line {
    const char *text;
    size_t length;
    unsigned indent;
    unsigned explained; /* the column behind the first gap of two blanks; the indentation without any */
};

static struct usage_line look_at_line(const char *at)
{
    struct usage_line line = {.text = at, .length = strcspn(at, "\n")};
    size_t i;

    line.indent = (unsigned)strspn(at, " ");
    line.explained = line.indent;
    for (i = line.indent; i + 2 < line.length; i++) {
        if (at[i] == ' ' && at[i + 1] == ' ') {
            line.explained = (unsigned)(i + strspn(at + i, " "));
            break;
        }
    }
    return line;
}

static void put_line(FILE *out, const struct usage_line *line)
{
    fwrite(line->text, 1, line->length, out);
    putc('\n', out);
}

/* Prints the line at `at` and those that go on with it; returns where the next one begins. `*as_written`: a line of
 * four blanks would be an example, or is one of several. */
static const char *print_paragraph(FILE *out, const char *at, bool *as_written, unsigned width)
{
    struct usage_line first = look_at_line(at), next;
    struct buffer text;
    unsigned begins = first.explained, hang;

    at = first.text + first.length + (first.text[first.length] == '\n');
    *as_written = first.length == 0 || (*as_written && first.indent >= 4);
    if (*as_written) {
        put_line(out, &first);
        return at;
    }
    if (first.text[first.indent] == '-' && first.explained == first.indent) {
        put_line(out, &first); /* options that leave no place for the explanation beside them */
        return at;
    }
    if (strncmp(first.text, "Usage: ", 7) == 0)
        begins = 7;
    if (begins == 7 && strncmp(first.text + begins, program, sizeof program - 1) == 0)
        hang = begins + (unsigned)(sizeof program + strcspn(first.text + begins + sizeof program - 1, " \n"));
    else
        hang = begins;
    buffer_init(&text, PARAGRAPH_LIMIT);
    buffer_append(&text, first.text + begins, first.length - begins);
    for (; *at; at = next.text + next.length + (next.text[next.length] == '\n')) {
        next = look_at_line(at);
        if (next.length == 0 || next.indent < begins || (begins == 0 && next.indent > 0) ||
            strncmp(next.text + next.indent, program, sizeof program - 1) == 0)
            break;
        buffer_append_char(&text, ' ');
        buffer_append(&text, next.text + next.indent, next.length - next.indent);
    }
    if (buffer_status(&text) != BUFFER_OK) {
        fputs("twilio-autojoin: out of memory\n", stderr);
    } else {
        fwrite(first.text, 1, begins, out);
        wrap(out, buffer_string(&text), begins, hang, width);
    }
    buffer_free(&text);
    return at;
}

void terminal_text_print_usage(FILE *out, const char *usage)
{
    unsigned width = terminal_text_width(out);
    bool as_written = false;

    if (width == 0 || width > USAGE_WIDTH)
        width = USAGE_WIDTH;
    while (*usage)
        usage = print_paragraph(out, usage, &as_written, width);
}
