/* support/origin: scheme, userinfo, host and port of a URL, by position only. */
#include "build.h"

#include "cases.h"

#include <string.h>

#include "support/origin.h"

static const struct parsing {
    const char *name;
    const char *url;
    bool valid, https;
    const char *userinfo, *host, *port, *rest;
} parsings[] = {
    {"host and path", "https://h.example/p?q", true, true, "", "h.example", "", "/p?q"},
    {"http", "http://h/p", true, false, "", "h", "", "/p"},
    {"a scheme in upper case", "HTTPS://h/p", true, true, "", "h", "", "/p"},
    {"a host keeps its case", "https://MyCompany.com/", true, true, "", "MyCompany.com", "", "/"},
    {"a port", "https://h:8443/p", true, true, "", "h", "8443", "/p"},
    {"user and password", "https://u:p@h:1/p", true, true, "u:p", "h", "1", "/p"},
    {"a user alone", "https://u@h/p", true, true, "u", "h", "", "/p"},
    {"an at sign in the password", "https://u:p@x@h/p", true, true, "u:p@x", "h", "", "/p"},
    {"an at sign in the path", "https://h/a@b", true, true, "", "h", "", "/a@b"},
    {"an at sign in the query", "https://h?a@b", true, true, "", "h", "", "?a@b"},
    {"IPv6", "https://[2001:db8::1]/p", true, true, "", "[2001:db8::1]", "", "/p"},
    {"IPv6 and a port", "https://[::1]:8443/p", true, true, "", "[::1]", "8443", "/p"},
    {"IPv6, user and port", "https://u:p@[::1]:8443", true, true, "u:p", "[::1]", "8443", ""},
    {"no path", "https://h", true, true, "", "h", "", ""},
    {"a query behind the host", "https://h?q=/", true, true, "", "h", "", "?q=/"},
    {"a fragment behind the host", "https://h#f", true, true, "", "h", "", "#f"},
    {"a colon in the path", "https://h/a:b", true, true, "", "h", "", "/a:b"},
    {"another scheme", "ftp://h/p", false, false, NULL, NULL, NULL, NULL},
    {"a path", "/p", false, false, NULL, NULL, NULL, NULL},
    {"no scheme", "h/p", false, false, NULL, NULL, NULL, NULL},
    {"one slash", "https:/h/p", false, false, NULL, NULL, NULL, NULL},
    {"no host", "https:///p", false, false, NULL, NULL, NULL, NULL},
    {"nothing behind the scheme", "https://", false, false, NULL, NULL, NULL, NULL},
    {"a port without a host", "https://:443/p", false, false, NULL, NULL, NULL, NULL},
    {"a user without a host", "https://u@/p", false, false, NULL, NULL, NULL, NULL},
    {"a port that is no number", "https://h:x/p", false, false, NULL, NULL, NULL, NULL},
    {"a negative port", "https://h:-1/p", false, false, NULL, NULL, NULL, NULL},
    {"an endless port", "https://h:1000000/p", false, false, NULL, NULL, NULL, NULL},
    {"IPv6 without its bracket", "https://[::1/p", false, false, NULL, NULL, NULL, NULL},
    {"IPv6 and rubbish", "https://[::1]x/p", false, false, NULL, NULL, NULL, NULL},
    {"bare IPv6", "https://::1/p", false, false, NULL, NULL, NULL, NULL},
    {"empty", "", false, false, NULL, NULL, NULL, NULL},
};

static void assert_piece(const char *piece, size_t length, const char *expected)
{
    assert_int_equal(length, strlen(expected));
    if (length > 0)
        assert_memory_equal(piece, expected, length);
}

static void is_taken_apart(void **state)
{
    const struct parsing *row = *state;
    struct origin origin;

    assert_int_equal(origin_parse(&origin, row->url, strlen(row->url)), row->valid);
    if (!row->valid)
        return;
    assert_int_equal(origin.https, row->https);
    assert_piece(origin.userinfo, origin.userinfo_length, row->userinfo);
    assert_piece(origin.host, origin.host_length, row->host);
    assert_piece(origin.port, origin.port_length, row->port);
    assert_string_equal(row->url + origin.length, row->rest);
}

static void only_the_given_length_is_read(void **state)
{
    struct origin origin;

    (void)state;
    assert_true(origin_parse(&origin, "https://host:8443/p", 12));
    assert_piece(origin.host, origin.host_length, "host");
    assert_int_equal(origin.port_length, 0);
}

static const struct loopback {
    const char *name;
    const char *url;
    bool loopback;
} loopbacks[] = {
    {"127.0.0.1", "http://127.0.0.1:8080", true},
    {"all of 127.0.0.0/8", "http://127.255.0.9", true},
    {"::1", "http://[::1]:8080", true},
    {"localhost", "http://localhost", true},
    {"localhost in capitals", "http://LOCALHOST", true},
    {"a name that begins like it", "http://localhost.example.com", false},
    {"a name that begins like an address", "http://127.0.0.1.example.com", false},
    {"128.0.0.1", "http://128.0.0.1", false},
    {"all addresses", "http://0.0.0.0", false},
    {"a user that looks like it", "http://127.0.0.1@example.com", false},
    {"a short form", "http://127.1", false},
};

static void is_loopback_or_not(void **state)
{
    const struct loopback *row = *state;
    struct origin origin;

    assert_true(origin_parse(&origin, row->url, strlen(row->url)));
    assert_int_equal(origin_is_loopback(&origin), row->loopback);
}

static const struct sameness {
    const char *name;
    const char *a, *b;
    bool same;
} samenesses[] = {
    {"the same", "https://h/a", "https://h/b", true},
    {"hosts without case", "https://H.example", "https://h.EXAMPLE", true},
    {"the standard port said", "https://h:443", "https://h", true},
    {"http's standard port said", "http://h", "http://h:80", true},
    {"another port", "https://h:8443", "https://h", false},
    {"another scheme", "http://h", "https://h", false},
    {"another scheme, one port", "http://h:443", "https://h:443", false},
    {"another host", "https://h", "https://i", false},
    {"a longer host", "https://h", "https://h.example", false},
    {"userinfo does not count", "https://u:p@h", "https://h", true},
    {"a user that looks like the host", "https://h@i", "https://h", false},
};

static void is_the_same_or_not(void **state)
{
    const struct sameness *row = *state;
    struct origin a, b;

    assert_true(origin_parse(&a, row->a, strlen(row->a)));
    assert_true(origin_parse(&b, row->b, strlen(row->b)));
    assert_int_equal(origin_same(&a, &b), row->same);
    assert_int_equal(origin_same(&b, &a), row->same);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, is_taken_apart, parsings);
    CASES_ADD(&cases, only_the_given_length_is_read);
    CASES_ADD_TABLE(&cases, is_loopback_or_not, loopbacks);
    CASES_ADD_TABLE(&cases, is_the_same_or_not, samenesses);
    return cases_run(&cases, "origin");
}
