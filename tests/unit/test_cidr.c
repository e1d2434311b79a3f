/* support/cidr: which peers are trusted. A wrong yes here lets a stranger name the URL. */
#include "build.h"

#include "cases.h"

#include "support/cidr.h"

static const struct parsing {
    const char *name;
    const char *text;
    bool valid;
} parsings[] = {
    {"an IPv4 address", "192.0.2.7", true},
    {"an IPv4 block", "10.0.0.0/8", true},
    {"all of IPv4", "0.0.0.0/0", true},
    {"one IPv4 address as a block", "192.0.2.7/32", true},
    {"an IPv6 address", "::1", true},
    {"an IPv6 block", "2001:db8::/32", true},
    {"a prefix within a byte", "172.16.0.0/12", true},
    {"bits beyond the prefix", "10.0.0.1/8", false},
    {"IPv6 bits beyond the prefix", "2001:db8::1/32", false},
    {"too long an IPv4 prefix", "10.0.0.0/33", false},
    {"too long an IPv6 prefix", "::/129", false},
    {"an empty prefix", "10.0.0.0/", false},
    {"a negative prefix", "10.0.0.0/-8", false},
    {"a mask", "10.0.0.0/255.0.0.0", false},
    {"a short form", "10/8", false},
    {"an octal octet", "010.0.0.0", false},
    {"an octet of 256", "256.0.0.0", false},
    {"a host name", "localhost", false},
    {"brackets", "[::1]", false},
    {"a port", "127.0.0.1:80", false},
    {"a zone", "fe80::1%eth0", false},
    {"empty", "", false},
    {"longer than any address",
     "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", false},
};

static const struct containing {
    const char *name;
    const char *block;
    const char *address;
    bool contained;
} containings[] = {
    {"the address itself", "192.0.2.7", "192.0.2.7", true},
    {"the address next to it", "192.0.2.7", "192.0.2.8", false},
    {"the first of a block", "10.0.0.0/8", "10.0.0.0", true},
    {"the last of a block", "10.0.0.0/8", "10.255.255.255", true},
    {"the one behind a block", "10.0.0.0/8", "11.0.0.0", false},
    {"the last of a block within a byte", "172.16.0.0/12", "172.31.255.255", true},
    {"the one behind a block within a byte", "172.16.0.0/12", "172.32.0.0", false},
    {"a mapped address in an IPv4 block", "10.0.0.0/8", "::ffff:10.1.2.3", true},
    {"an IPv4 address in a mapped block", "::ffff:10.0.0.0/104", "10.1.2.3", true},
    {"an IPv6 address in its block", "2001:db8::/32", "2001:db8:ffff::1", true},
    {"an IPv6 address behind its block", "2001:db8::/32", "2001:db9::1", false},
    {"an IPv6 address is in no IPv4 block", "0.0.0.0/0", "2001:db8::1", false},
    {"all of IPv4", "0.0.0.0/0", "203.0.113.9", true},
    {"no address", "0.0.0.0/0", "unix:", false},
    {"an empty address", "0.0.0.0/0", "", false},
    {"an absent address", "0.0.0.0/0", NULL, false},
    {"two addresses", "0.0.0.0/0", "10.0.0.1, 10.0.0.2", false},
    {"an address with a blank", "0.0.0.0/0", " 10.0.0.1", false},
};

static void is_parsed(void **state)
{
    const struct parsing *row = *state;
    struct cidr cidr;

    assert_int_equal(cidr_parse(&cidr, row->text), row->valid);
}

static void is_contained(void **state)
{
    const struct containing *row = *state;
    struct cidr_list list = {.count = 1};

    assert_true(cidr_parse(&list.blocks[0], row->block));
    assert_int_equal(cidr_contains(&list, row->address), row->contained);
}

static void any_block_of_several_counts(void **state)
{
    struct cidr_list list = {.count = 3};

    (void)state;
    assert_true(cidr_parse(&list.blocks[0], "10.0.0.0/8"));
    assert_true(cidr_parse(&list.blocks[1], "::1"));
    assert_true(cidr_parse(&list.blocks[2], "192.0.2.7"));
    assert_true(cidr_contains(&list, "192.0.2.7"));
    list.count = 2;
    assert_false(cidr_contains(&list, "192.0.2.7"));
    list.count = 0;
    assert_false(cidr_contains(&list, "10.0.0.1"));
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, is_parsed, parsings);
    CASES_ADD_TABLE(&cases, is_contained, containings);
    CASES_ADD(&cases, any_block_of_several_counts);
    return cases_run(&cases, "cidr");
}
