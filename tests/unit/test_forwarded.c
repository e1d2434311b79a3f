/* webhook/public_url: one plain value of the configured family, or none at all. */
#include "build.h"

#include "cases.h"

#include <string.h>

#include "variables.h"
#include "webhook/public_url.h"

static const struct row {
    const char *name;
    enum setting_forwarded family;
    const char *variables[5];
    bool valid;
    const char *proto, *host, *port; /* NULL: not said */
} rows[] = {
    {"X: nothing", FORWARDED_X, {NULL}, true, NULL, NULL, NULL},
    {"X: https", FORWARDED_X, {"HTTP_X_FORWARDED_PROTO=https"}, true, "https", NULL, NULL},
    {"X: http", FORWARDED_X, {"HTTP_X_FORWARDED_PROTO=http"}, true, "http", NULL, NULL},
    {"X: HTTPS in capitals", FORWARDED_X, {"HTTP_X_FORWARDED_PROTO=HTTPS"}, true, "https", NULL,
     NULL},
    {"X: another scheme", FORWARDED_X, {"HTTP_X_FORWARDED_PROTO=wss"}, false, NULL, NULL, NULL},
    {"X: a scheme that begins like one", FORWARDED_X, {"HTTP_X_FORWARDED_PROTO=httpsx"}, false,
     NULL, NULL, NULL},
    {"X: two schemes", FORWARDED_X, {"HTTP_X_FORWARDED_PROTO=https,http"}, false, NULL, NULL, NULL},
    {"X: an empty scheme is none", FORWARDED_X, {"HTTP_X_FORWARDED_PROTO="}, true, NULL, NULL,
     NULL},
    {"X: a host", FORWARDED_X, {"HTTP_X_FORWARDED_HOST=api.example.com"}, true, NULL,
     "api.example.com", NULL},
    {"X: a host and port", FORWARDED_X, {"HTTP_X_FORWARDED_HOST=api.example.com:8443"}, true, NULL,
     "api.example.com:8443", NULL},
    {"X: IPv6", FORWARDED_X, {"HTTP_X_FORWARDED_HOST=[2001:db8::1]:8443"}, true, NULL,
     "[2001:db8::1]:8443", NULL},
    {"X: two hosts", FORWARDED_X, {"HTTP_X_FORWARDED_HOST=a.example, b.example"}, false, NULL, NULL,
     NULL},
    {"X: a host with userinfo", FORWARDED_X, {"HTTP_X_FORWARDED_HOST=u:p@a.example"}, false, NULL,
     NULL, NULL},
    {"X: a host with a path", FORWARDED_X, {"HTTP_X_FORWARDED_HOST=a.example/x"}, false, NULL, NULL,
     NULL},
    {"X: a host with a query", FORWARDED_X, {"HTTP_X_FORWARDED_HOST=a.example?x"}, false, NULL,
     NULL, NULL},
    {"X: a port", FORWARDED_X, {"HTTP_X_FORWARDED_PORT=8443"}, true, NULL, NULL, "8443"},
    {"X: two ports", FORWARDED_X, {"HTTP_X_FORWARDED_PORT=443, 8443"}, false, NULL, NULL, NULL},
    {"X: a port too large", FORWARDED_X, {"HTTP_X_FORWARDED_PORT=65536"}, false, NULL, NULL, NULL},
    {"X: a port that is none", FORWARDED_X, {"HTTP_X_FORWARDED_PORT=https"}, false, NULL, NULL,
     NULL},
    {"X does not read Forwarded", FORWARDED_X, {"HTTP_FORWARDED=proto=https;host=h"}, true, NULL,
     NULL, NULL},

    {"7239: nothing", FORWARDED_RFC7239, {NULL}, true, NULL, NULL, NULL},
    {"7239: scheme and host", FORWARDED_RFC7239, {"HTTP_FORWARDED=proto=https;host=h.example"},
     true, "https", "h.example", NULL},
    {"7239: among others, in any case", FORWARDED_RFC7239,
     {"HTTP_FORWARDED=For=\"[2001:db8::1]:4711\"; By=10.0.0.1; Proto=HTTPS; Host=h.example"}, true,
     "https", "h.example", NULL},
    {"7239: quoted", FORWARDED_RFC7239, {"HTTP_FORWARDED=host=\"h.example:8443\";proto=\"https\""},
     true, "https", "h.example:8443", NULL},
    {"7239: neither is said", FORWARDED_RFC7239, {"HTTP_FORWARDED=for=192.0.2.1"}, true, NULL, NULL,
     NULL},
    {"7239: two hops", FORWARDED_RFC7239, {"HTTP_FORWARDED=proto=https, proto=http"}, false, NULL,
     NULL, NULL},
    {"7239: two hops, of which the second says the scheme", FORWARDED_RFC7239,
     {"HTTP_FORWARDED=for=192.0.2.1, for=10.0.0.1;proto=https"}, false, NULL, NULL, NULL},
    {"7239: two schemes in one hop", FORWARDED_RFC7239, {"HTTP_FORWARDED=proto=https;proto=http"},
     false, NULL, NULL, NULL},
    {"7239: two hosts in one hop", FORWARDED_RFC7239, {"HTTP_FORWARDED=host=a;host=b"}, false, NULL,
     NULL, NULL},
    {"7239: another scheme", FORWARDED_RFC7239, {"HTTP_FORWARDED=proto=ws"}, false, NULL, NULL,
     NULL},
    {"7239: a host with a path", FORWARDED_RFC7239, {"HTTP_FORWARDED=host=\"a/b\""}, false, NULL,
     NULL, NULL},
    {"7239: an empty host", FORWARDED_RFC7239, {"HTTP_FORWARDED=host="}, false, NULL, NULL, NULL},
    {"7239: no pair", FORWARDED_RFC7239, {"HTTP_FORWARDED=https"}, false, NULL, NULL, NULL},
    {"7239 does not read X", FORWARDED_RFC7239,
     {"HTTP_X_FORWARDED_PROTO=https", "HTTP_X_FORWARDED_HOST=h"}, true, NULL, NULL, NULL},
};

static void is_read(void **state)
{
    const struct row *row = *state;
    struct forwarded forwarded;
    struct request request;

    variables_read(&request, row->variables);
    assert_int_equal(forwarded_read(&forwarded, row->family, &request), row->valid);
    if (!row->valid)
        return;
    assert_int_equal(forwarded.proto_known, row->proto != NULL);
    if (row->proto)
        assert_int_equal(forwarded.https, strcmp(row->proto, "https") == 0);
    assert_int_equal(forwarded.host_length, row->host ? strlen(row->host) : 0);
    if (row->host)
        assert_memory_equal(forwarded.host, row->host, forwarded.host_length);
    if (row->port)
        assert_string_equal(forwarded.port, row->port);
    else
        assert_null(forwarded.port);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, is_read, rows);
    return cases_run(&cases, "forwarded");
}
