/*
 * JSON looked through where it lies (RFC 8259), for who wants a few members of a text that somebody else wrote:
 * nothing is allocated, nothing recurses, and the time is that of one look at each byte.
 *
 * First json_scan_check() says whether a text is JSON at all; the others take that for granted and may then
 * be handed any part of it. Strings are decoded in place, each once. Bytes are not held to be UTF-8: whoever
 * cares about that looks at what it got. Thread-safe.
 */
#ifndef AUTOJOIN_SUPPORT_JSON_SCAN_H
#define AUTOJOIN_SUPPORT_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

enum { JSON_SCAN_DEPTH_LIMIT = 256 };

enum json_scan_check {
    JSON_SCAN_OK,
    JSON_SCAN_BAD, /* not JSON */
    JSON_SCAN_DEEP /* nested deeper than JSON_SCAN_DEPTH_LIMIT */
};

/* What is still to be looked at. */
struct json_scan {
    char *at;
    char *end;
};

/* A value as it is written, a string with its quotes; or what such a string means. */
struct json_scan_text {
    char *bytes;
    size_t length;
};

/* Whether that is one whole value, with nothing but blanks around it. */
enum json_scan_check json_scan_check(const char *text, size_t length);

/* Goes into the object ('{') or the list ('[') that stands next. False, and nothing is passed, if it is
 * something else. */
bool json_scan_enter(struct json_scan *scan, char bracket);

/* Goes to the next member of the object, or item of the list, that was entered, and stands before its value,
 * which must be taken before the next. False, behind the closing bracket, after the last one. The name is decoded. */
bool json_scan_member(struct json_scan *scan, struct json_scan_text *name);
bool json_scan_item(struct json_scan *scan);

/* Takes the value that stands next, whatever it is. */
void json_scan_value(struct json_scan *scan, struct json_scan_text *value);

/* Decodes a string where it lies; false if the value is none. */
bool json_scan_string(const struct json_scan_text *value, struct json_scan_text *string);

/* Whether the value is `null`. */
bool json_scan_is_null(const struct json_scan_text *value);

#endif
