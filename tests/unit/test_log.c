/* support/log: one line an event whatever a peer sends, whole fields, valid JSON. */
#include "build.h"

#include "cases.h"

#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/log.h"

static const struct log logfmt = {.format = LOG_FORMAT_LOGFMT, .level = LOG_LEVEL_INFO};
static const struct log json = {.format = LOG_FORMAT_JSON, .level = LOG_LEVEL_INFO};

/* The line without its time, which stands first. */
static const char *behind_time(const struct log_line *line)
{
    const char *level = strstr(line->text.data, "level");

    return level ? level : line->text.data;
}

static const struct row {
    const char *name;
    const char *value;
    size_t length; /* 0: strlen() */
    const char *logfmt;
    const char *json;
} rows[] = {
    {"a plain word", "SMS", 0, "SMS", "\"SMS\""},
    {"a blank", "a b", 0, "\"a b\"", "\"a b\""},
    {"an equals sign", "a=b", 0, "\"a=b\"", "\"a=b\""},
    {"a quote", "a\"b", 0, "\"a\\\"b\"", "\"a\\\"b\""},
    {"a backslash", "a\\b", 0, "\"a\\\\b\"", "\"a\\\\b\""},
    {"a newline", "a\nlevel=error", 0, "\"a\\u000alevel=error\"", "\"a\\u000alevel=error\""},
    {"a carriage return", "a\rb", 0, "\"a\\u000db\"", "\"a\\u000db\""},
    {"an escape sequence", "\x1b[2J", 0, "\"\\u001b[2J\"", "\"\\u001b[2J\""},
    {"a delete character", "\x7f", 0, "\"\\u007f\"", "\"\\u007f\""},
    {"a NUL", "a\0b", 3, "\"a\\u0000b\"", "\"a\\u0000b\""},
    {"a C1 control", "\x9b", 0, "\"\\u009b\"", "\"\\u009b\""},
    {"UTF-8 bytes", "\xc3\xbc", 0, "\"\\u00c3\\u00bc\"", "\"\\u00c3\\u00bc\""},
};

static void assert_ascii_line(const struct log_line *line)
{
    size_t i;

    for (i = 0; i + 1 < line->text.length; i++)
        assert_in_range((unsigned char)line->text.data[i], 0x20, 0x7e);
    assert_int_equal(line->text.data[line->text.length - 1], '\n');
}

static void is_escaped_in_logfmt(void **state)
{
    const struct row *row = *state;
    struct log_line line;
    char expected[256];

    log_line_begin(&line, &logfmt, LOG_LEVEL_INFO, "test");
    log_line_bytes(&line, "field", row->value, row->length ? row->length : strlen(row->value));
    log_line_end(&line);
    snprintf(expected, sizeof expected, "level=info msg=test field=%s\n", row->logfmt);
    assert_string_equal(behind_time(&line), expected);
    assert_ascii_line(&line);
    log_line_free(&line);
}

static void is_escaped_in_json(void **state)
{
    const struct row *row = *state;
    struct log_line line;
    char expected[256];
    json_t *object;

    log_line_begin(&line, &json, LOG_LEVEL_INFO, "test");
    log_line_bytes(&line, "field", row->value, row->length ? row->length : strlen(row->value));
    log_line_end(&line);
    snprintf(expected, sizeof expected, "level\":\"info\",\"msg\":\"test\",\"field\":%s}\n",
        row->json);
    assert_string_equal(behind_time(&line), expected);
    assert_ascii_line(&line);
    object = json_loads(line.text.data, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    assert_true(json_is_object(object));
    json_decref(object);
    log_line_free(&line);
}

static void nothing_adds_no_field(void **state)
{
    struct log_line line;

    (void)state;
    log_line_begin(&line, &logfmt, LOG_LEVEL_WARN, "test");
    log_line_text(&line, "absent", NULL);
    log_line_text(&line, "empty", "");
    log_line_bytes(&line, "empty", "x", 0);
    log_line_number(&line, "ms", -12);
    log_line_end(&line);
    assert_string_equal(behind_time(&line), "level=warn msg=test ms=-12\n");
    log_line_free(&line);
}

static void a_line_begins_with_the_time_in_utc(void **state)
{
    struct log_line line;

    (void)state;
    log_line_begin(&line, &logfmt, LOG_LEVEL_ERROR, "two words");
    log_line_end(&line);
    assert_memory_equal(line.text.data, "time=20", 7);
    assert_memory_equal(line.text.data + 28, "Z level=error", 13);
    assert_string_equal(behind_time(&line), "level=error msg=\"two words\"\n");
    log_line_free(&line);
}

static void a_long_value_is_cut_and_says_so(void **state)
{
    char value[LOG_FIELD_LIMIT + 1], expected[LOG_FIELD_LIMIT + 64];
    struct log_line line;

    (void)state;
    memset(value, 'v', sizeof value);
    log_line_begin(&line, &logfmt, LOG_LEVEL_INFO, "test");
    log_line_bytes(&line, "field", value, sizeof value);
    log_line_end(&line);
    snprintf(expected, sizeof expected, "level=info msg=test field=\"%.*s...\"\n", LOG_FIELD_LIMIT,
             value);
    assert_string_equal(behind_time(&line), expected);
    log_line_free(&line);
}

static void a_value_of_just_the_limit_is_not_cut(void **state)
{
    char value[LOG_FIELD_LIMIT];
    struct log_line line;

    (void)state;
    memset(value, 'v', sizeof value);
    log_line_begin(&line, &logfmt, LOG_LEVEL_INFO, "test");
    log_line_bytes(&line, "field", value, sizeof value);
    log_line_end(&line);
    assert_null(strstr(line.text.data, "..."));
    assert_int_equal(strlen(strstr(line.text.data, "field=")), 6 + LOG_FIELD_LIMIT + 1);
    log_line_free(&line);
}

/* A pipe takes up to PIPE_BUF bytes whole: longer lines of two processes would mingle. */
static void too_many_fields_leave_a_whole_line(const struct log *log)
{
    char value[900];
    struct log_line line;
    unsigned i;

    memset(value, '\x01', sizeof value); /* six characters each, once escaped */
    log_line_begin(&line, log, LOG_LEVEL_INFO, "test");
    log_line_bytes(&line, "first", value, 500);
    for (i = 0; i < 10; i++)
        log_line_bytes(&line, "big", value, sizeof value);
    log_line_text(&line, "last", "still-there");
    log_line_end(&line);
    assert_true(line.text.length <= PIPE_BUF);
    assert_non_null(strstr(line.text.data, "first"));
    assert_null(strstr(line.text.data, "big"));
    assert_non_null(strstr(line.text.data, "still-there"));
    assert_ascii_line(&line);
    if (log->format == LOG_FORMAT_JSON) {
        json_t *object = json_loads(line.text.data, JSON_REJECT_DUPLICATES, NULL);

        assert_true(json_is_object(object));
        json_decref(object);
    }
    log_line_free(&line);
}

static void too_many_fields_leave_a_whole_line_of_logfmt(void **state)
{
    (void)state;
    too_many_fields_leave_a_whole_line(&logfmt);
}

static void too_many_fields_leave_a_whole_line_of_json(void **state)
{
    (void)state;
    too_many_fields_leave_a_whole_line(&json);
}

static void a_line_filled_to_the_byte_still_ends(void **state)
{
    char value[LOG_FIELD_LIMIT];
    size_t length;

    (void)state;
    memset(value, 'v', sizeof value);
    for (length = 1; length < LOG_FIELD_LIMIT; length++) {
        struct log_line line;

        log_line_begin(&line, &json, LOG_LEVEL_INFO, "test");
        log_line_bytes(&line, "a", value, LOG_FIELD_LIMIT);
        log_line_bytes(&line, "b", value, LOG_FIELD_LIMIT);
        log_line_bytes(&line, "c", value, LOG_FIELD_LIMIT);
        log_line_bytes(&line, "d", value, length);
        log_line_end(&line);
        assert_true(line.text.length <= PIPE_BUF);
        assert_memory_equal(line.text.data + line.text.length - 3, "\"}\n", 4);
        log_line_free(&line);
    }
}

static const struct level {
    const char *name;
    enum log_level least, asked;
    bool wanted;
} levels[] = {
    {"error is wanted by error", LOG_LEVEL_ERROR, LOG_LEVEL_ERROR, true},
    {"warn is not wanted by error", LOG_LEVEL_ERROR, LOG_LEVEL_WARN, false},
    {"error is wanted by info", LOG_LEVEL_INFO, LOG_LEVEL_ERROR, true},
    {"info is wanted by info", LOG_LEVEL_INFO, LOG_LEVEL_INFO, true},
    {"debug is not wanted by info", LOG_LEVEL_INFO, LOG_LEVEL_DEBUG, false},
    {"debug is wanted by debug", LOG_LEVEL_DEBUG, LOG_LEVEL_DEBUG, true},
};

/* Reads what log_event() left in a pipe. */
static ssize_t event_through_a_pipe(const struct level *row, char *text, size_t size)
{
    struct log log = {.format = LOG_FORMAT_LOGFMT, .level = row->least};
    int ends[2];
    ssize_t count;

    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    log.descriptor = ends[1];
    log_event(&log, row->asked, "test", "reason", "a reason", "empty", "", NULL);
    count = read(ends[0], text, size - 1);
    text[count > 0 ? count : 0] = '\0';
    close(ends[0]);
    close(ends[1]);
    return count;
}

static void is_wanted_or_not(void **state)
{
    const struct level *row = *state;
    struct log log = {.level = row->least};
    char text[512];

    assert_int_equal(log_wants(&log, row->asked), row->wanted);
    assert_int_equal(event_through_a_pipe(row, text, sizeof text) > 0, row->wanted);
    if (row->wanted)
        assert_non_null(strstr(text, " msg=test reason=\"a reason\"\n"));
}

static void a_reader_that_is_behind_is_not_waited_for(void **state)
{
    struct log log = {.format = LOG_FORMAT_LOGFMT, .level = LOG_LEVEL_INFO};
    char filler[4096] = {0};
    int ends[2];

    (void)state;
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    while (write(ends[1], filler, sizeof filler) > 0)
        ;
    assert_int_equal(fcntl(ends[1], F_SETFL, 0), 0); /* a write would wait now */
    log.descriptor = ends[1];
    alarm(5);
    log_event(&log, LOG_LEVEL_INFO, "test", NULL);
    alarm(0);
    close(ends[0]);
    close(ends[1]);
}

static const struct priority {
    const char *name;
    enum log_level level;
    const char *prefix;
} priorities[] = {
    {"error is err", LOG_LEVEL_ERROR, "<3>"},
    {"warn is warning", LOG_LEVEL_WARN, "<4>"},
    {"info is info", LOG_LEVEL_INFO, "<6>"},
    {"debug is debug", LOG_LEVEL_DEBUG, "<7>"},
};

static void the_journal_gets_a_priority(void **state)
{
    const struct priority *row = *state;
    struct log log = {.format = LOG_FORMAT_LOGFMT, .priorities = true};
    struct log_line line;
    json_t *object;

    log_line_begin(&line, &log, row->level, "test");
    log_line_end(&line);
    assert_memory_equal(line.text.data, row->prefix, 3);
    assert_memory_equal(line.text.data + 3, "time=", 5);
    log_line_free(&line);
    log.format = LOG_FORMAT_JSON;
    log_line_begin(&line, &log, row->level, "test");
    log_line_end(&line);
    assert_memory_equal(line.text.data, row->prefix, 3);
    object = json_loads(line.text.data + 3, 0, NULL);
    assert_non_null(object);
    assert_string_equal(json_string_value(json_object_get(object, "msg")), "test");
    json_decref(object);
    log_line_free(&line);
}

static void the_journal_is_known_by_its_device_and_inode(void **state)
{
    struct stat status, other;
    char stream[64];
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fstat(ends[1], &status), 0);
    assert_int_equal(stat("/", &other), 0);
    snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)status.st_dev,
             (unsigned long long)status.st_ino);
    assert_true(log_is_journal(ends[1], stream));
    assert_false(log_is_journal(-1, stream));
    assert_false(log_is_journal(ends[1], NULL));
    stream[strlen(stream) - 1] = 'x';
    assert_false(log_is_journal(ends[1], stream));
    snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)status.st_dev,
             (unsigned long long)status.st_ino + 1);
    assert_false(log_is_journal(ends[1], stream));
    snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)other.st_dev,
             (unsigned long long)other.st_ino);
    assert_false(log_is_journal(ends[1], stream)); /* as after 2>file in a unit */
    close(ends[0]);
    close(ends[1]);
}

static const struct nonsense {
    const char *name;
    const char *text;
} nonsense[] = {{"nothing", ""}, {"a word", "journal"}, {"one number", "12"}, {"no inode", "12:"},
                {"no device", ":12"}, {"a sign", "-1:-1"}, {"a blank", "1: 2"}};

static void nonsense_is_no_journal(void **state)
{
    assert_false(log_is_journal(STDOUT_FILENO, ((const struct nonsense *)*state)->text));
}

/* Each line by itself: what a full pipe does not take is left out whole. */
static void several_lines_are_written_one_by_one(void **state)
{
    struct buffer text;
    char read_back[8192];
    ssize_t length;
    int ends[2];
    struct log log;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0); /* tells one from the next */
    log = (struct log){.descriptor = ends[1]};
    buffer_init(&text, 4096);
    buffer_append_string(&text, "first\nsecond line\nthird");
    log_write_text(&log, &text);
    length = recv(ends[0], read_back, sizeof read_back, MSG_DONTWAIT);
    assert_int_equal(length, 6);
    length = recv(ends[0], read_back, sizeof read_back, MSG_DONTWAIT);
    assert_int_equal(length, 12);
    assert_memory_equal(read_back, "second line\n", 12);
    length = recv(ends[0], read_back, sizeof read_back, MSG_DONTWAIT);
    assert_int_equal(length, 5);
    buffer_free(&text);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, is_escaped_in_logfmt, rows);
    CASES_ADD_TABLE(&cases, is_escaped_in_json, rows);
    CASES_ADD(&cases, nothing_adds_no_field);
    CASES_ADD(&cases, a_line_begins_with_the_time_in_utc);
    CASES_ADD(&cases, a_long_value_is_cut_and_says_so);
    CASES_ADD(&cases, a_value_of_just_the_limit_is_not_cut);
    CASES_ADD(&cases, too_many_fields_leave_a_whole_line_of_logfmt);
    CASES_ADD(&cases, too_many_fields_leave_a_whole_line_of_json);
    CASES_ADD(&cases, a_line_filled_to_the_byte_still_ends);
    CASES_ADD_TABLE(&cases, is_wanted_or_not, levels);
    CASES_ADD(&cases, a_reader_that_is_behind_is_not_waited_for);
    CASES_ADD(&cases, several_lines_are_written_one_by_one);
    CASES_ADD_TABLE(&cases, the_journal_gets_a_priority, priorities);
    CASES_ADD(&cases, the_journal_is_known_by_its_device_and_inode);
    CASES_ADD_TABLE(&cases, nonsense_is_no_journal, nonsense);
    return cases_run(&cases, "log");
}
