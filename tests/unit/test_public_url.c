/*
 * webhook/public_url: the URL that Twilio signed, from settings or from what the fronts say.
 * What each front hands over was measured with lighttpd, Apache and nginx.
 */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <string.h>

#include "support/origin.h"
#include "variables.h"
#include "webhook/public_url.h"

enum { URLS = PUBLIC_URL_CANDIDATES_LIMIT };

static const struct row {
    const char *name;
    const char *public_url;
    enum setting_forwarded forwarded;
    const char *variables[10];
    enum public_url_status status;
    const char *urls[URLS]; /* the first one is as built; the others in any order */
} rows[] = {
    {"lighttpd and Apache over TLS", NULL, FORWARDED_NO,
     {"HTTPS=on", "REQUEST_SCHEME=https", "HTTP_HOST=hook.example.com",
      "REQUEST_URI=/webhooks/twilio", "SERVER_PORT=443"},
     PUBLIC_URL_OK,
     {"https://hook.example.com/webhooks/twilio", "https://hook.example.com:443/webhooks/twilio"}},
    {"plain http", NULL, FORWARDED_NO,
     {"REQUEST_SCHEME=http", "HTTP_HOST=h", "REQUEST_URI=/p", "SERVER_PORT=80"}, PUBLIC_URL_OK,
     {"http://h/p", "http://h:80/p"}},
    {"HTTPS before REQUEST_SCHEME (Apache's SetEnvIf)", NULL, FORWARDED_NO,
     {"HTTPS=on", "REQUEST_SCHEME=http", "HTTP_HOST=h", "REQUEST_URI=/p"}, PUBLIC_URL_OK,
     {"https://h/p", "https://h:443/p"}},
    {"HTTPS=1", NULL, FORWARDED_NO, {"HTTPS=1", "HTTP_HOST=h", "REQUEST_URI=/p"}, PUBLIC_URL_OK,
     {"https://h/p", "https://h:443/p"}},
    {"REQUEST_SCHEME alone", NULL, FORWARDED_NO,
     {"REQUEST_SCHEME=https", "HTTP_HOST=h", "REQUEST_URI=/p"}, PUBLIC_URL_OK,
     {"https://h/p", "https://h:443/p"}},
    {"an empty HTTPS is none", NULL, FORWARDED_NO,
     {"HTTPS=", "REQUEST_SCHEME=https", "HTTP_HOST=h", "REQUEST_URI=/p"}, PUBLIC_URL_OK,
     {"https://h/p", "https://h:443/p"}},
    {"neither says anything", NULL, FORWARDED_NO, {"HTTP_HOST=h", "REQUEST_URI=/p"}, PUBLIC_URL_OK,
     {"http://h/p", "http://h:80/p"}},
    {"a request header named HTTPS says nothing", NULL, FORWARDED_NO,
     {"HTTP_HTTPS=on", "HTTP_HOST=h", "REQUEST_URI=/p"}, PUBLIC_URL_OK,
     {"http://h/p", "http://h:80/p"}},
    {"the host's own port", NULL, FORWARDED_NO,
     {"HTTPS=on", "HTTP_HOST=h:8443", "REQUEST_URI=/p", "SERVER_PORT=8443"}, PUBLIC_URL_OK,
     {"https://h:8443/p", "https://h/p"}},
    {"the host's standard port", NULL, FORWARDED_NO,
     {"HTTPS=on", "HTTP_HOST=h:443", "REQUEST_URI=/p", "SERVER_PORT=443"}, PUBLIC_URL_OK,
     {"https://h:443/p", "https://h/p"}},
    {"SERVER_PORT never joins a host that has a port", NULL, FORWARDED_NO,
     {"HTTPS=on", "HTTP_HOST=h:8443", "REQUEST_URI=/p", "SERVER_PORT=9000"}, PUBLIC_URL_OK,
     {"https://h:8443/p", "https://h/p"}},
    {"nginx's fastcgi_params lose the port", NULL, FORWARDED_NO,
     {"HTTPS=on", "HTTP_HOST=h", "REQUEST_URI=/p", "SERVER_PORT=8443"}, PUBLIC_URL_OK,
     {"https://h/p", "https://h:443/p", "https://h:8443/p"}},
    {"the host verbatim", NULL, FORWARDED_NO,
     {"HTTPS=on", "HTTP_HOST=HOOK.Example.COM.", "REQUEST_URI=/p"}, PUBLIC_URL_OK,
     {"https://HOOK.Example.COM./p", "https://HOOK.Example.COM.:443/p"}},
    {"IPv6", NULL, FORWARDED_NO, {"HTTPS=on", "HTTP_HOST=[::1]", "REQUEST_URI=/p"}, PUBLIC_URL_OK,
     {"https://[::1]/p", "https://[::1]:443/p"}},
    {"IPv6 and a port", NULL, FORWARDED_NO, {"HTTPS=on", "HTTP_HOST=[::1]:8443", "REQUEST_URI=/p"},
     PUBLIC_URL_OK, {"https://[::1]:8443/p", "https://[::1]/p"}},
    {"no Host: SERVER_NAME", NULL, FORWARDED_NO,
     {"HTTPS=on", "SERVER_NAME=vhost", "SERVER_PORT=443", "REQUEST_URI=/p"}, PUBLIC_URL_OK,
     {"https://vhost/p", "https://vhost:443/p"}},
    {"no Host: SERVER_NAME and another port", NULL, FORWARDED_NO,
     {"HTTPS=on", "SERVER_NAME=vhost", "SERVER_PORT=8443", "REQUEST_URI=/p"}, PUBLIC_URL_OK,
     {"https://vhost:8443/p", "https://vhost/p"}},
    {"no Host: port 443 is not http's", NULL, FORWARDED_NO,
     {"SERVER_NAME=vhost", "SERVER_PORT=443", "REQUEST_URI=/p"}, PUBLIC_URL_OK,
     {"http://vhost:443/p", "http://vhost/p"}},
    {"no Host, empty SERVER_NAME (lighttpd, HTTP/1.0)", NULL, FORWARDED_NO,
     {"HTTPS=on", "SERVER_NAME=", "SERVER_PORT=443", "REQUEST_URI=/p"}, PUBLIC_URL_NO_HOST, {0}},
    {"a port that is none", NULL, FORWARDED_NO, {"HTTPS=on", "HTTP_HOST=h:x", "REQUEST_URI=/p"},
     PUBLIC_URL_NO_HOST, {0}},

    {"the target raw: escapes, doubled slashes, dots", NULL, FORWARDED_NO,
     {"HTTPS=on", "HTTP_HOST=h", "REQUEST_URI=//x/../%74wilio%2Fx"}, PUBLIC_URL_OK,
     {"https://h//x/../%74wilio%2Fx", "https://h:443//x/../%74wilio%2Fx"}},
    {"the query raw", NULL, FORWARDED_NO,
     {"HTTPS=on", "HTTP_HOST=h", "REQUEST_URI=/p?a=%7E~[]|'\";,x&&=&a=1&A=+%2b",
      "QUERY_STRING=a=~~%5B%5D%7C'%22;,x&&=&a=1&A=+%2B"},
     PUBLIC_URL_OK,
     {"https://h/p?a=%7E~[]|'\";,x&&=&a=1&A=+%2b",
      "https://h:443/p?a=%7E~[]|'\";,x&&=&a=1&A=+%2b"}},
    {"a question mark at the end stays", NULL, FORWARDED_NO,
     {"HTTPS=on", "HTTP_HOST=h", "REQUEST_URI=/p?"}, PUBLIC_URL_OK,
     {"https://h/p?", "https://h:443/p?"}},
    {"a fragment is cut (lighttpd, nginx pass it on)", NULL, FORWARDED_NO,
     {"HTTPS=on", "HTTP_HOST=h", "REQUEST_URI=/p?a=1#frag"}, PUBLIC_URL_OK,
     {"https://h/p?a=1", "https://h:443/p?a=1"}},
    {"a slash at the end stays", NULL, FORWARDED_NO,
     {"HTTPS=on", "HTTP_HOST=h", "REQUEST_URI=/webhooks/twilio/"}, PUBLIC_URL_OK,
     {"https://h/webhooks/twilio/", "https://h:443/webhooks/twilio/"}},
    {"SCRIPT_NAME and PATH_INFO do not count beside REQUEST_URI", NULL, FORWARDED_NO,
     {"HTTPS=on", "HTTP_HOST=h", "REQUEST_URI=/p", "SCRIPT_NAME=/internal", "PATH_INFO=/x",
      "QUERY_STRING=a=1"},
     PUBLIC_URL_OK, {"https://h/p", "https://h:443/p"}},
    {"an absolute target (Apache): its path, HTTP_HOST's host", NULL, FORWARDED_NO,
     {"HTTP_HOST=abs.example.net:81", "REQUEST_URI=http://abs.example.net:81/webhooks/twilio?z=1"},
     PUBLIC_URL_OK,
     {"http://abs.example.net:81/webhooks/twilio?z=1",
      "http://abs.example.net/webhooks/twilio?z=1"}},
    {"an absolute target of another host", NULL, FORWARDED_NO,
     {"HTTP_HOST=h", "REQUEST_URI=https://other.example/p"}, PUBLIC_URL_OK,
     {"http://h/p", "http://h:80/p"}},
    {"an absolute target without a path", NULL, FORWARDED_NO,
     {"HTTP_HOST=h", "REQUEST_URI=http://h?z=1"}, PUBLIC_URL_OK,
      {"http://h?z=1", "http://h:80?z=1"}},
    {"an absolute target of another scheme", NULL, FORWARDED_NO,
     {"HTTP_HOST=h", "REQUEST_URI=ftp://h/p"}, PUBLIC_URL_BAD_TARGET, {0}},
    {"an asterisk", NULL, FORWARDED_NO, {"HTTP_HOST=h", "REQUEST_URI=*"}, PUBLIC_URL_BAD_TARGET,
     {0}},
    {"a target without a slash", NULL, FORWARDED_NO, {"HTTP_HOST=h", "REQUEST_URI=p"},
     PUBLIC_URL_BAD_TARGET, {0}},
    {"a blank in the target", NULL, FORWARDED_NO, {"HTTP_HOST=h", "REQUEST_URI=/p q"},
     PUBLIC_URL_BAD_TARGET, {0}},
    {"a control character in the target", NULL, FORWARDED_NO, {"HTTP_HOST=h", "REQUEST_URI=/p\x01"},
     PUBLIC_URL_BAD_TARGET, {0}},
    {"a line end in the target", NULL, FORWARDED_NO, {"HTTP_HOST=h", "REQUEST_URI=/p\r\nx"},
     PUBLIC_URL_BAD_TARGET, {0}},
    {"a byte above ASCII in the target", NULL, FORWARDED_NO,
     {"HTTP_HOST=h", "REQUEST_URI=/\xc3\xbc"}, PUBLIC_URL_BAD_TARGET, {0}},
    {"a delete character in the target", NULL, FORWARDED_NO, {"HTTP_HOST=h", "REQUEST_URI=/\x7f"},
     PUBLIC_URL_BAD_TARGET, {0}},

    {"no REQUEST_URI: what CGI has, encoded", NULL, FORWARDED_NO,
     {"HTTPS=on", "HTTP_HOST=h", "SCRIPT_NAME=/cgi-bin/a b", "PATH_INFO=/x", "QUERY_STRING=q=%20"},
     PUBLIC_URL_OK, {"https://h/cgi-bin/a%20b/x?q=%20", "https://h:443/cgi-bin/a%20b/x?q=%20"}},
    {"no REQUEST_URI and no query", NULL, FORWARDED_NO,
     {"HTTPS=on", "HTTP_HOST=h", "SCRIPT_NAME=/p", "QUERY_STRING="}, PUBLIC_URL_OK,
     {"https://h/p", "https://h:443/p"}},

    {"configured: verbatim", "https://api.example.com/webhooks/twilio", FORWARDED_NO,
     {"HTTP_HOST=backend:8080", "REQUEST_URI=/internal"}, PUBLIC_URL_OK,
     {"https://api.example.com/webhooks/twilio", "https://api.example.com:443/webhooks/twilio"}},
    {"configured: with the request's raw query", "https://api.example.com/w", FORWARDED_NO,
     {"HTTP_HOST=backend", "REQUEST_URI=/internal?a=%7e&b"}, PUBLIC_URL_OK,
     {"https://api.example.com/w?a=%7e&b", "https://api.example.com:443/w?a=%7e&b"}},
    {"configured: a query of its own wins", "https://api.example.com/w?own=1", FORWARDED_NO,
     {"HTTP_HOST=backend", "REQUEST_URI=/internal?a=1"}, PUBLIC_URL_OK,
     {"https://api.example.com/w?own=1", "https://api.example.com:443/w?own=1"}},
    {"configured: bodySHA256 joins a query of its own", "https://api.example.com/w?own=1", FORWARDED_NO,
     {"HTTP_HOST=backend", "REQUEST_URI=/internal?own=%31&xbodySHA256=1&bodySHA256=ab#f"}, PUBLIC_URL_OK,
     {"https://api.example.com/w?own=1&bodySHA256=ab", "https://api.example.com:443/w?own=1&bodySHA256=ab"}},
    {"configured: bodySHA256 joins an empty query", "https://api.example.com/w?", FORWARDED_NO,
     {"HTTP_HOST=backend", "REQUEST_URI=/internal?bodySHA256=ab"}, PUBLIC_URL_OK,
     {"https://api.example.com/w?bodySHA256=ab", "https://api.example.com:443/w?bodySHA256=ab"}},
    {"configured: a bodySHA256 of its own wins", "https://api.example.com/w?bodySHA256=own", FORWARDED_NO,
     {"HTTP_HOST=backend", "REQUEST_URI=/internal?bodySHA256=ab"}, PUBLIC_URL_OK,
     {"https://api.example.com/w?bodySHA256=own", "https://api.example.com:443/w?bodySHA256=own"}},
    {"configured: no REQUEST_URI, bodySHA256", "https://api.example.com/w?own=1", FORWARDED_NO,
     {"QUERY_STRING=own=1&bodySHA256=ab"}, PUBLIC_URL_OK,
     {"https://api.example.com/w?own=1&bodySHA256=ab", "https://api.example.com:443/w?own=1&bodySHA256=ab"}},
    {"configured: userinfo, which no front tells", "https://u:p@api.example.com/w", FORWARDED_NO,
     {"HTTP_HOST=api.example.com", "REQUEST_URI=/w"}, PUBLIC_URL_OK,
     {"https://u:p@api.example.com/w", "https://u:p@api.example.com:443/w"}},
    {"configured: a port of its own", "https://api.example.com:8443/w", FORWARDED_NO,
     {"HTTP_HOST=b", "REQUEST_URI=/w", "SERVER_PORT=9000"}, PUBLIC_URL_OK,
     {"https://api.example.com:8443/w", "https://api.example.com/w"}},
    {"configured: no SERVER_PORT is tried", "https://api.example.com/w", FORWARDED_NO,
     {"HTTP_HOST=b", "REQUEST_URI=/w", "SERVER_PORT=9000"}, PUBLIC_URL_OK,
     {"https://api.example.com/w", "https://api.example.com:443/w"}},
    {"configured: no header counts", "https://api.example.com/w", FORWARDED_X,
     {"REMOTE_ADDR=10.0.0.1", "HTTP_X_FORWARDED_PROTO=http", "HTTP_X_FORWARDED_HOST=evil.example",
      "HTTPS=off", "REQUEST_URI=/w"},
     PUBLIC_URL_OK, {"https://api.example.com/w", "https://api.example.com:443/w"}},
    {"configured: not even a host is needed", "https://api.example.com/w", FORWARDED_NO,
     {"REQUEST_URI=/w"}, PUBLIC_URL_OK,
      {"https://api.example.com/w", "https://api.example.com:443/w"}},
    {"configured: a bad target is still one", "https://api.example.com/w", FORWARDED_NO,
     {"REQUEST_URI=/p q"}, PUBLIC_URL_BAD_TARGET, {0}},
    {"configured: no REQUEST_URI", "https://api.example.com/w", FORWARDED_NO, {"QUERY_STRING=a=1"},
     PUBLIC_URL_OK, {"https://api.example.com/w?a=1", "https://api.example.com:443/w?a=1"}},

    {"X-Forwarded from a trusted proxy", NULL, FORWARDED_X,
     {"REMOTE_ADDR=10.0.0.1", "HTTP_X_FORWARDED_PROTO=https",
      "HTTP_X_FORWARDED_HOST=api.example.com", "HTTP_HOST=backend", "REQUEST_URI=/p"},
     PUBLIC_URL_OK, {"https://api.example.com/p", "https://api.example.com:443/p"}},
    {"X-Forwarded from somebody else", NULL, FORWARDED_X,
     {"REMOTE_ADDR=192.0.2.1", "HTTP_X_FORWARDED_PROTO=https", "HTTP_X_FORWARDED_HOST=evil.example",
      "HTTP_HOST=h", "REQUEST_URI=/p"},
     PUBLIC_URL_OK, {"http://h/p", "http://h:80/p"}},
    {"X-Forwarded from nobody known", NULL, FORWARDED_X,
     {"HTTP_X_FORWARDED_PROTO=https", "HTTP_HOST=h", "REQUEST_URI=/p"}, PUBLIC_URL_OK,
     {"http://h/p", "http://h:80/p"}},
    {"X-Forwarded, not configured", NULL, FORWARDED_NO,
     {"REMOTE_ADDR=10.0.0.1", "HTTP_X_FORWARDED_PROTO=https", "HTTP_X_FORWARDED_HOST=evil.example",
      "HTTP_HOST=h", "REQUEST_URI=/p"},
     PUBLIC_URL_OK, {"http://h/p", "http://h:80/p"}},
    {"the scheme alone is forwarded", NULL, FORWARDED_X,
     {"REMOTE_ADDR=10.0.0.1", "HTTP_X_FORWARDED_PROTO=https", "HTTP_HOST=h", "REQUEST_URI=/p"},
     PUBLIC_URL_OK, {"https://h/p", "https://h:443/p"}},
    {"a forwarded port, said apart", NULL, FORWARDED_X,
     {"REMOTE_ADDR=10.0.0.1", "HTTP_X_FORWARDED_PROTO=https", "HTTP_X_FORWARDED_HOST=h",
      "HTTP_X_FORWARDED_PORT=8443", "HTTP_HOST=b", "REQUEST_URI=/p"},
     PUBLIC_URL_OK, {"https://h/p", "https://h:443/p", "https://h:8443/p"}},
    {"a list of forwarded schemes", NULL, FORWARDED_X,
     {"REMOTE_ADDR=10.0.0.1", "HTTP_X_FORWARDED_PROTO=http, https", "HTTP_HOST=h",
      "REQUEST_URI=/p"},
     PUBLIC_URL_BAD_FORWARDED, {0}},
    {"a list from somebody else does not matter", NULL, FORWARDED_X,
     {"REMOTE_ADDR=192.0.2.1", "HTTP_X_FORWARDED_PROTO=http, https", "HTTP_HOST=h",
      "REQUEST_URI=/p"},
     PUBLIC_URL_OK, {"http://h/p", "http://h:80/p"}},
    {"Forwarded from a trusted proxy", NULL, FORWARDED_RFC7239,
     {"REMOTE_ADDR=10.0.0.1", "HTTP_FORWARDED=for=192.0.2.1;proto=https;host=api.example.com:8443",
      "HTTP_HOST=b", "REQUEST_URI=/p"},
     PUBLIC_URL_OK, {"https://api.example.com:8443/p", "https://api.example.com/p"}},
    {"only the configured family counts", NULL, FORWARDED_RFC7239,
     {"REMOTE_ADDR=10.0.0.1", "HTTP_X_FORWARDED_PROTO=https", "HTTP_X_FORWARDED_HOST=evil.example",
      "HTTP_HOST=h", "REQUEST_URI=/p"},
     PUBLIC_URL_OK, {"http://h/p", "http://h:80/p"}},
    {"X-Forwarded does not heed Forwarded, which anybody can send", NULL, FORWARDED_X,
     {"REMOTE_ADDR=10.0.0.1", "HTTP_FORWARDED=proto=https;host=evil.example", "HTTP_HOST=h",
      "REQUEST_URI=/p"},
     PUBLIC_URL_OK, {"http://h/p", "http://h:80/p"}},
};

static void join_pieces(char *text, size_t size, const struct public_url *url)
{
    snprintf(text, size, "%.*s%.*s%.*s", (int)url->head_length, url->head, (int)url->port_length,
             url->port, (int)url->tail_length, url->tail);
}

static bool is_expected(const struct row *row, const char *url)
{
    size_t i;

    for (i = 0; i < URLS && row->urls[i]; i++)
        if (strcmp(row->urls[i], url) == 0)
            return true;
    print_message("not expected: %s\n", url);
    return false;
}

/* A candidate may be there twice (a lost port that is the standard one). */
static void assert_candidates(const struct row *row, const struct public_url_candidates *candidates)
{
    bool seen[URLS] = {false};
    char text[512];
    size_t i, j;

    assert_in_range(candidates->count, 1, URLS);
    for (i = 0; i < candidates->count; i++) {
        join_pieces(text, sizeof text, &candidates->urls[i]);
        if (i == 0)
            assert_string_equal(text, row->urls[0]);
        assert_true(is_expected(row, text));
        for (j = 0; j < URLS && row->urls[j]; j++)
            seen[j] = seen[j] || strcmp(row->urls[j], text) == 0;
    }
    for (j = 0; j < URLS && row->urls[j]; j++)
        if (!seen[j])
            fail_msg("missing: %s", row->urls[j]);
}

static void is_rebuilt(void **state)
{
    const struct row *row = *state;
    char public_url[128];
    struct config config = {.forwarded = row->forwarded};
    struct public_url_candidates candidates;
    struct request request;
    struct buffer text;

    assert_true(cidr_parse(&config.trusted_proxies.blocks[0], "10.0.0.0/8"));
    config.trusted_proxies.count = 1;
    if (row->public_url) {
        snprintf(public_url, sizeof public_url, "%s", row->public_url);
        config.public_url = public_url;
    }
    variables_read(&request, row->variables);
    buffer_init(&text, PUBLIC_URL_LIMIT);
    assert_int_equal(public_url_build(&candidates, &text, &config, &request), row->status);
    if (row->status == PUBLIC_URL_OK)
        assert_candidates(row, &candidates);
    buffer_free(&text);
}

static const struct varying {
    const char *name;
    const char *url;
    const char *as_given, *other, *query;
} varyings[] = {
    {"https without a port", "https://h/p?q=1", "https://h/p?q=1", "https://h:443/p?q=1", "q=1"},
    {"http without a port", "http://h/p", "http://h/p", "http://h:80/p", ""},
    {"https with its port", "https://h:443/p", "https://h:443/p", "https://h/p", ""},
    {"another port", "https://h:1234/p", "https://h:1234/p", "https://h/p", ""},
    {"user and password", "https://u:p@h/p", "https://u:p@h/p", "https://u:p@h:443/p", ""},
    {"user, password and port", "https://u:1@h:8443/p", "https://u:1@h:8443/p", "https://u:1@h/p",
     ""},
    {"IPv6", "https://[::1]/p", "https://[::1]/p", "https://[::1]:443/p", ""},
    {"IPv6 with a port", "https://[::1]:1/p", "https://[::1]:1/p", "https://[::1]/p", ""},
    {"a scheme in capitals", "HTTPS://h/p", "HTTPS://h/p", "HTTPS://h:443/p", ""},
    {"no path", "https://h", "https://h", "https://h:443", ""},
    {"a query without a path", "https://h?q", "https://h?q", "https://h:443?q", "q"},
    {"a colon in the path", "https://h/a:1", "https://h/a:1", "https://h:443/a:1", ""},
    {"an empty query", "https://h/p?", "https://h/p?", "https://h:443/p?", ""},
};

static void differs_only_in_the_port(void **state)
{
    const struct varying *row = *state;
    struct public_url_candidates candidates;
    char text[512];
    size_t i;

    assert_true(public_url_vary_port(&candidates, row->url, strlen(row->url)));
    assert_int_equal(candidates.count, 2);
    join_pieces(text, sizeof text, &candidates.urls[0]);
    assert_string_equal(text, row->as_given);
    join_pieces(text, sizeof text, &candidates.urls[1]);
    assert_string_equal(text, row->other);
    for (i = 1; i < candidates.count; i++) {
        assert_ptr_equal(candidates.urls[i].head, candidates.urls[0].head);
        assert_int_equal(candidates.urls[i].head_length, candidates.urls[0].head_length);
        assert_ptr_equal(candidates.urls[i].tail, candidates.urls[0].tail);
        assert_int_equal(candidates.urls[i].tail_length, candidates.urls[0].tail_length);
    }
    assert_int_equal(candidates.query_length, strlen(row->query));
    assert_memory_equal(candidates.query, row->query, candidates.query_length);
}

static void what_is_no_url_has_no_candidates(void **state)
{
    struct public_url_candidates candidates;

    (void)state;
    assert_false(public_url_vary_port(&candidates, "/p", 2));
    assert_false(public_url_vary_port(&candidates, "ftp://h/", 8));
    assert_false(public_url_vary_port(&candidates, "", 0));
}

static const struct showing {
    const char *name;
    const char *url;
    const char *shown;
} showings[] = {
    {"no userinfo", "https://h:1/p?q", "https://h:1/p?q"},
    {"user and password", "https://user:secret@h:1/p", "https://***@h:1/p"},
    {"a user alone", "https://user@h/p", "https://***@h/p"},
    {"an at sign in the password", "https://user:se@cret@h/p", "https://***@h/p"},
    {"an at sign in the path", "https://h/a@b", "https://h/a@b"},
};

static void is_shown_without_its_password(void **state)
{
    const struct showing *row = *state;
    struct public_url_candidates candidates;
    struct buffer text;

    assert_true(public_url_vary_port(&candidates, row->url, strlen(row->url)));
    buffer_init(&text, 1000);
    public_url_show(&text, &candidates.urls[0]);
    assert_string_equal(buffer_string(&text), row->shown);
    buffer_free(&text);
}

static const struct masking {
    const char *name;
    const char *public_url; /* NULL: none is configured */
    const char *uri;
    const char *shown;
} maskings[] = {
    {"the query of the configured URL", "https://h/p?key=secret", "/p?key=secret", "https://h/p?***"},
    {"and its userinfo", "https://u:secret@h/p?key=secret", "/p", "https://***@h/p?***"},
    {"an empty one", "https://h/p?", "/p?a=1", "https://h/p?***"},
    {"the request's query behind a configured URL without one", "https://h/p", "/q?a=1", "https://h/p?a=1"},
    {"the request's query", NULL, "/q?a=1", "https://h/q?a=1"},
};

static void is_shown_without_its_query(void **state)
{
    const struct masking *row = *state;
    struct public_url_candidates candidates;
    char url[64], uri[64];
    const char *variables[] = {"HTTPS=on", "HTTP_HOST=h", uri, NULL};
    struct config config = {0};
    struct request request;
    struct buffer text, shown;
    size_t i;

    snprintf(uri, sizeof uri, "REQUEST_URI=%s", row->uri);
    if (row->public_url) {
        snprintf(url, sizeof url, "%s", row->public_url);
        config.public_url = url;
    }
    variables_read(&request, variables);
    buffer_init(&text, PUBLIC_URL_LIMIT);
    assert_int_equal(public_url_build(&candidates, &text, &config, &request), PUBLIC_URL_OK);
    for (i = 0; i < candidates.count; i++) {
        buffer_init(&shown, 1000);
        public_url_show(&shown, &candidates.urls[i]);
        assert_null(strstr(buffer_string(&shown), "secret"));
        if (i == 0)
            assert_string_equal(buffer_string(&shown), row->shown);
        buffer_free(&shown);
    }
    buffer_free(&text);
}

static void a_target_of_64_kib_is_taken_whole(void **state)
{
    static char target[64 * 1024 + sizeof "REQUEST_URI="];
    const char *variables[] = {"HTTPS=on", "HTTP_HOST=h", target, NULL};
    struct config config = {0};
    struct public_url_candidates candidates;
    struct request request;
    struct buffer text;

    (void)state;
    memset(target, 'a', sizeof target - 1);
    memcpy(target, "REQUEST_URI=/", 13);
    variables_read(&request, variables);
    buffer_init(&text, PUBLIC_URL_LIMIT);
    assert_int_equal(public_url_build(&candidates, &text, &config, &request), PUBLIC_URL_OK);
    assert_int_equal(candidates.urls[0].tail_length, 64 * 1024);
    buffer_free(&text);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, is_rebuilt, rows);
    CASES_ADD_TABLE(&cases, differs_only_in_the_port, varyings);
    CASES_ADD(&cases, what_is_no_url_has_no_candidates);
    CASES_ADD_TABLE(&cases, is_shown_without_its_password, showings);
    CASES_ADD_TABLE(&cases, is_shown_without_its_query, maskings);
    CASES_ADD(&cases, a_target_of_64_kib_is_taken_whole);
    return cases_run(&cases, "public_url");
}
