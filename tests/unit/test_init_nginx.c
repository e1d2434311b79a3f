/* commands/init_nginx: the server block that Twilio reaches. */
#include "build.h"

#include "cases.h"

#include <string.h>

#include "commands/init_nginx.h"

static const struct row {
    const char *name, *text, *host;
    bool https;
    const char *found; /* what stands behind the block's "{"; NULL: none */
} rows[] = {
    {"the host's", "server { server_name a.example; }\nserver {B; server_name b.example; }", "b.example", false, "B"},
    {"one of several names", "server {A; server_name x y\n  b.example z; }", "b.example", false, "A"},
    {"whatever its case, and whatever the port", "server {A; server_name B.Example; }", "b.example:8443", false, "A"},
    {"the default one, where none is the host's", "server {A; listen 80; server_name a; }\nserver {B; listen 80 default_server; }",
     "b.example", false, "B"},
    {"the one of any name", "server {A; listen 80; server_name _; }", "b.example", false, "A"},
    {"the host's before the default one", "server {A; listen 80 default_server; }\nserver {B; server_name b; }", "b", false, "B"},
    {"with TLS that of port 443", "server {A; listen 80; server_name b; }\nserver {B; listen 443 ssl; server_name b; }", "b",
     true, "B"},
    {"with TLS on a port of its own", "server {A; listen 80; server_name b; }\nserver {B; listen [::]:8443 ssl; server_name b; }",
     "b", true, "B"},
    {"without TLS that of port 80", "server {A; listen 443 ssl; server_name b; }\nserver {B; listen 80; server_name b; }", "b",
     false, "B"},
    {"locations inside are none", "server {A; location / { server_name b; } }\nserver {B; server_name b; }", "b", false, "B"},
    {"inside of http", "http { server {A; server_name b; } }", "b", false, "A"},
    {"a comment is none", "# server { server_name b; }\nserver {A; server_name b; # }\n}", "b", false, "A"},
    {"quotes", "server {A; add_header X \"} server_name b;\"; server_name \"c\"; }\nserver {B; server_name b; }", "b", false, "B"},
    {"upstream's servers are none", "upstream u { server b; }\nserver {A; server_name b; }", "b", false, "A"},
    {"a wildcard's", "server {A; server_name c; }\nserver {B; server_name *.example; }", "b.example", false, "B"},
    {"a wildcard that takes its own name, too", "server {A; server_name .b.example; }", "b.example", false, "A"},
    {"a wildcard takes no name of its own", "server {A; server_name *.b.example; }", "b.example", false, NULL},
    {"the host's before a wildcard's", "server {A; server_name *.example; }\nserver {B; server_name b.example; }", "b.example",
     false, "B"},
    {"none", "server { listen 8080; server_name a.example; }", "b.example", false, NULL},
    {"nothing", "", "b.example", false, NULL},
    {"cut short", "server { server_name a; \"", "b", false, NULL},
};

static void the_block_is_found(void **state)
{
    const struct row *row = *state;
    size_t at = 0;
    unsigned score = init_nginx_find(row->text, row->host, row->https, &at);

    assert_int_equal(score != 0, row->found != NULL);
    if (row->found)
        assert_memory_equal(row->text + at, row->found, strlen(row->found));
}

static void the_line_is_found(void **state)
{
    (void)state;
    assert_true(init_nginx_has_include("server {\n\tinclude " INIT_NGINX_LOCATIONS "; # by twilio-autojoin init\n}"));
    assert_true(init_nginx_has_include("server { include\t" INIT_NGINX_LOCATIONS " ; }"));
    assert_false(init_nginx_has_include("server {\n\t# include " INIT_NGINX_LOCATIONS ";\n}"));
    assert_false(init_nginx_has_include("server { include snippets/*.conf; }"));
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, the_block_is_found, rows);
    CASES_ADD(&cases, the_line_is_found);
    return cases_run(&cases, "init_nginx");
}
