/* commands/check_dated and check_addresses: what changes on a day, hosts of regions, and how an address is named. */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "commands/check_addresses.h"
#include "commands/check_dated.h"
#include "tempfolder.h"

/* A self-signed certificate of an organisation, in PEM behind what `text` holds. */
static void append_certificate(char *text, size_t size, const char *organisation)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x509 = X509_new();
    BIO *bio = BIO_new(BIO_s_mem());
    size_t length = strlen(text);
    int count;

    X509_gmtime_adj(X509_getm_notBefore(x509), 0);
    X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
    X509_set_pubkey(x509, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "O", MBSTRING_ASC, (const unsigned char *)organisation, -1, -1, 0);
    X509_set_issuer_name(x509, X509_get_subject_name(x509));
    assert_true(X509_sign(x509, key, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_bio_X509(bio, x509), 1);
    count = BIO_read(bio, text + length, (int)(size - length - 1));
    assert_true(count > 0);
    text[length + (size_t)count] = '\0';
    BIO_free(bio);
    X509_free(x509);
    EVP_PKEY_free(key);
}

static const struct roots {
    const char *name;
    const char *organisations[3];
    enum check_dated_roots roots;
} roots[] = {
    {"DigiCert alone", {"DigiCert Inc", NULL}, CHECK_DATED_ROOTS_OTHERS},
    {"DigiCert and Amazon", {"DigiCert Inc", "Amazon", NULL}, CHECK_DATED_ROOTS_AMAZON},
    {"Starfield", {"Starfield Technologies, Inc.", NULL}, CHECK_DATED_ROOTS_AMAZON},
    {"no certificate", {NULL}, CHECK_DATED_ROOTS_UNKNOWN},
};

static void roots_are_told(void **state)
{
    const struct roots *row = *state;
    char text[8192] = "# roots\n";
    const char *const *organisation;

    tempfolder_make();
    for (organisation = row->organisations; *organisation; organisation++)
        append_certificate(text, sizeof text, *organisation);
    assert_int_equal(check_dated_roots(tempfolder_write("ca.pem", text, strlen(text), 0600)), row->roots);
    tempfolder_remove();
}

static void no_file_has_no_roots(void **state)
{
    (void)state;
    assert_int_equal(check_dated_roots("/no/such/file"), CHECK_DATED_ROOTS_UNKNOWN);
}

/* The verdict on a file without Amazon's: 0 pass (nothing is said), 1 warn, 2 fail. */
static int judge(const char *path, const char *api_url, int64_t now_ms)
{
    char file[512] = "", url[128];
    struct config config = {.ca_file = path ? file : NULL, .api_url = url};
    struct findings findings = {.json = true};

    snprintf(file, sizeof file, "%s", path ? path : "");
    snprintf(url, sizeof url, "%s", api_url);
    check_dated(&findings, &config, now_ms);
    return findings.counts[FINDING_FAIL] ? 2 : findings.counts[FINDING_WARN] ? 1 : 0;
}

static void the_day_makes_a_fault_of_it(void **state)
{
    char text[4096] = "";
    const char *path;

    (void)state;
    tempfolder_make();
    append_certificate(text, sizeof text, "DigiCert Inc");
    path = tempfolder_write("ca.pem", text, strlen(text), 0600);
    assert_int_equal(judge(path, "https://conversations.twilio.com", CHECK_DATED_AWS_MS - 1), 1);
    assert_int_equal(judge(path, "https://conversations.twilio.com", CHECK_DATED_AWS_MS), 2);
    assert_int_equal(judge(path, "https://127.0.0.1:8443", CHECK_DATED_AWS_MS), 1);
    assert_int_equal(judge(NULL, "https://conversations.twilio.com", CHECK_DATED_AWS_MS), 0);
    tempfolder_remove();
}

static const struct host {
    const char *name, *url, *edge; /* NULL: no region without its edge */
} hosts[] = {
    {"the standard", "https://conversations.twilio.com", NULL},
    {"a region alone", "https://conversations.ie1.twilio.com", "conversations.dublin.ie1.twilio.com"},
    {"a region alone, with a port", "https://conversations.au1.twilio.com:443", "conversations.sydney.au1.twilio.com"},
    {"region and edge", "https://conversations.dublin.ie1.twilio.com", NULL},
    {"an edge alone", "https://conversations.dublin.twilio.com", NULL},
    {"somebody else's", "https://conversations.ie1.example.com", NULL},
    {"loopback", "http://127.0.0.1:8080", NULL},
    {"a name without a dot", "http://localhost", NULL},
};

static void a_region_needs_its_edge(void **state)
{
    const struct host *row = *state;
    char edge[128];

    assert_int_equal(check_dated_region(row->url, edge, sizeof edge), row->edge != NULL);
    if (row->edge)
        assert_string_equal(edge, row->edge);
}

#define IG "IG00000000000000000000000000000001"

static const struct address {
    const char *name, *type, *address, *shown;
} addresses[] = {
    {"a number", "sms", "+15005550042", "the address ending in 0042"},
    {"a number in WhatsApp", "whatsapp", "whatsapp:+15005550042", "the address ending in 0042"},
    {"a business-scoped id", "whatsapp", "whatsapp:US.ABC123XYZ", "the whatsapp address " IG},
    {"a business-scoped id of digits at its end", "whatsapp", "whatsapp:US.ABC1234567", "the whatsapp address " IG},
    {"a page", "messenger", "messenger:123456789012", "the messenger address " IG},
    {"a mail address", "email", "someone@example.com", "the email address " IG},
    {"a few digits", "sms", "12345", "the sms address " IG},
    {"nothing", "sms", "", "the sms address " IG},
};

static void an_address_is_named_by_four_digits_or_none(void **state)
{
    const struct address *row = *state;
    json_t *json = json_pack("{s:s, s:s, s:s}", "sid", IG, "type", row->type, "address", row->address);
    char name[CHECK_ADDRESSES_NAME_SIZE];

    check_addresses_name(name, json);
    assert_string_equal(name, row->shown);
    json_decref(json);
}

static void an_address_without_members_is_named_all_the_same(void **state)
{
    json_t *json = json_object();
    char name[CHECK_ADDRESSES_NAME_SIZE];

    (void)state;
    check_addresses_name(name, json);
    assert_string_equal(name, "the nameless address without a SID");
    json_decref(json);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, roots_are_told, roots);
    CASES_ADD(&cases, no_file_has_no_roots);
    CASES_ADD(&cases, the_day_makes_a_fault_of_it);
    CASES_ADD_TABLE(&cases, a_region_needs_its_edge, hosts);
    CASES_ADD_TABLE(&cases, an_address_is_named_by_four_digits_or_none, addresses);
    CASES_ADD(&cases, an_address_without_members_is_named_all_the_same);
    return cases_run(&cases, "check_dated");
}
