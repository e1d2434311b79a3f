/* support/json_text: what is read, and that nothing is where memory runs out. */
#include "build.h"

#include "cases.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/json_text.h"

/* The linker puts these before malloc() in what is linked from here (unit.am). */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

static size_t largest = SIZE_MAX; /* what can be had */
static unsigned calls, failing;   /* the call that fails; 0: none */

void *__wrap_malloc(size_t size)
{
    calls++;
    return size > largest || calls == failing ? NULL : __real_malloc(size);
}

static void have_all(void)
{
    largest = SIZE_MAX;
    calls = failing = 0;
}

static const struct row {
    const char *name;
    const char *text;
    size_t flags;
    enum json_text_status status;
} rows[] = {
    {"an object", "{\"identity\":\"bot\",\"n\":[1,2.5,null,true]}", 0, JSON_TEXT_OK},
    {"no object", "[1]", 0, JSON_TEXT_OK},
    {"a string alone", "\"x\"", 0, JSON_TEXT_BAD},
    {"half of one", "{\"identity\":\"bo", 0, JSON_TEXT_BAD},
    {"one and more", "{} {}", 0, JSON_TEXT_BAD},
    {"HTML", "<html>", 0, JSON_TEXT_BAD},
    {"nothing", "", 0, JSON_TEXT_BAD},
    {"a member twice", "{\"a\":1,\"a\":2}", 0, JSON_TEXT_OK},
    {"a member twice, which is not wanted", "{\"a\":1,\"a\":2}", JSON_REJECT_DUPLICATES, JSON_TEXT_BAD},
};

static void it_is_read(void **state)
{
    const struct row *row = *state;
    json_t *json;

    have_all();
    assert_int_equal(json_text_load(row->text, strlen(row->text), row->flags, &json), row->status);
    assert_int_equal(json != NULL, row->status == JSON_TEXT_OK);
    json_decref(json);
}

static char text[4096];

/* Participants with identities of many lengths: each lets jansson's buffer grow at another byte. */
static size_t write_page(void)
{
    static const int lengths[] = {6, 13, 14, 15, 29, 30, 31, 61, 62, 63, 126, 127, 150, 190, 254};
    size_t length = (size_t)snprintf(text, sizeof text, "{\"participants\":["), i;

    for (i = 0; i < sizeof lengths / sizeof *lengths; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s{\"identity\":\"%0*d\"}",
                                   i ? "," : "", lengths[i], 7);
    return length + (size_t)snprintf(text + length, sizeof text - length, "]}");
}

static void whichever_allocation_fails_nothing_is_read(void **state)
{
    size_t length = write_page();
    enum json_text_status status;
    json_t *json;
    unsigned point;

    (void)state;
    for (point = 1; point < 1000; point++) {
        have_all();
        failing = point;
        status = json_text_load(text, length, 0, &json);
        if (calls < point)
            break;
        assert_int_equal(status, JSON_TEXT_NO_MEMORY);
        assert_null(json);
    }
    assert_in_range(point, 30, 999);
    assert_int_equal(status, JSON_TEXT_OK);
    json_decref(json);
}

/* Small ones are there, large ones are not: the sizes between which jansson's buffer doubles. */
static void where_only_small_pieces_are_left_nothing_is_read(void **state)
{
    size_t length = write_page(), size;
    json_t *json;

    (void)state;
    for (size = 1; size < 256; size++) {
        have_all();
        largest = size;
        assert_int_equal(json_text_load(text, length, 0, &json), JSON_TEXT_NO_MEMORY);
        assert_null(json);
    }
}

static void afterwards_all_is_as_before(void **state)
{
    json_malloc_t before, after;
    json_t *json, *packed;
    json_free_t release;

    (void)state;
    have_all();
    json_get_alloc_funcs(&before, &release);
    largest = 8;
    assert_int_equal(json_text_load("{\"a\":1}", 7, 0, &json), JSON_TEXT_NO_MEMORY);
    have_all();
    json_get_alloc_funcs(&after, &release);
    assert_true(before == after);
    packed = json_pack("{s:i}", "a", 1);
    assert_int_equal(json_text_load("{\"a\":1}", 7, 0, &json), JSON_TEXT_OK);
    assert_true(json_equal(json, packed));
    json_decref(json);
    json_decref(packed);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, it_is_read, rows);
    CASES_ADD(&cases, whichever_allocation_fails_nothing_is_read);
    CASES_ADD(&cases, where_only_small_pieces_are_left_nothing_is_read);
    CASES_ADD(&cases, afterwards_all_is_as_before);
    return cases_run(&cases, "json_text");
}
