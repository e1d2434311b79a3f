#include "build.h"

#include "commands/check_addresses.h"

#include <stdio.h>
#include <string.h>

#include "twilio/pager.h"
#include "twilio/resources.h"

enum { ADDRESS_PAGES_LIMIT = 200, SHOWN_DIGITS = 4, LEAST_DIGITS = 7 };

struct addresses {
    struct findings *findings;
    const char *service; /* the bot's; "" if it cannot be told */
    const char *default_service; /* the account's; likewise */
    unsigned undecided;  /* that create where the account's default service is */
};

/* "+15005550042", "whatsapp:+15005550042" and short codes of the length of a number: nothing else shows digits. */
static bool is_number(const char *text)
{
    size_t digits;

    if (strncmp(text, "whatsapp:", 9) == 0)
        text += 9;
    text += *text == '+';
    digits = strspn(text, "0123456789");
    return digits >= LEAST_DIGITS && text[digits] == '\0';
}

void check_addresses_name(char name[CHECK_ADDRESSES_NAME_SIZE], const json_t *address)
{
    const char *number = pager_item_text(address, "address"), *type = pager_item_text(address, "type");
    const char *sid = pager_item_sid(address, "sid", "IG");

    if (is_number(number))
        snprintf(name, CHECK_ADDRESSES_NAME_SIZE, "the address ending in %s", number + strlen(number) - SHOWN_DIGITS);
    else
        snprintf(name, CHECK_ADDRESSES_NAME_SIZE, "the %.16s address %s", *type ? type : "nameless",
                 sid ? sid : "without a SID");
}

/* Who gets the conversations of an address whose autocreation is not the default one (AutoCreation.Type). */
static void check_creation(const struct addresses *addresses, const char *name, const char *type)
{
    if (strcmp(type, "studio") == 0)
        findings_add(addresses->findings, FINDING_WARN, "address",
                     "set the number's autocreation to \"default\" in the console, or let the flow itself bring the bot in",
                     "%s hands its conversations to a Studio flow, which answers in the bot's place", name);
    else if (*type && strcmp(type, "default") != 0 && strcmp(type, "webhook") != 0)
        findings_add(addresses->findings, FINDING_WARN, "address",
                     "let a number of its own, with autocreation of the type \"default\", be the bot's",
                     "%s hands its conversations to %.16s, which brings in its own participants", name, type);
}

/* Without a service of its own an address uses the account's default one (Twilio's API document,
 * AutoCreation.ConversationServiceSid). */
static void check_address(void *argument, const json_t *address)
{
    struct addresses *addresses = argument;
    const json_t *creation = json_object_get(address, "auto_creation");
    const char *other = pager_item_text(creation, "conversation_service_sid");
    const char *creates_in = *other ? other : addresses->default_service;
    char name[CHECK_ADDRESSES_NAME_SIZE];

    check_addresses_name(name, address);
    if (!json_is_true(json_object_get(creation, "enabled"))) {
        findings_add(addresses->findings, FINDING_WARN, "address",
                     "switch on autocreation for the number in the console",
                     "%s creates no conversations", name);
        return;
    }
    addresses->undecided += !*creates_in && *addresses->service;
    if (*creates_in && *addresses->service && strcmp(creates_in, addresses->service) != 0)
        findings_add(addresses->findings, FINDING_WARN, "address",
                     "set TWILIO_CHAT_SERVICE_SID to that one",
                     "%s creates its conversations in %.34s", name, creates_in);
    else
        check_creation(addresses, name, pager_item_text(creation, "type"));
}

void check_addresses(struct findings *findings, struct command_context *context, const char *service,
                     const char *default_service, const char *unknown)
{
    struct addresses addresses = {.findings = findings, .service = service, .default_service = default_service};
    char path[REST_PATH_LIMIT];
    struct ask_answer failure;
    bool more;

    resources_addresses(path, sizeof path);
    if (!pager_read_all(&context->asker, RESOURCES_KEY_ADDRESSES, path, ADDRESS_PAGES_LIMIT,
                        check_address, &addresses, &more, &failure))
        findings_add_unasked(findings, FINDING_WARN, "addresses", &failure);
    else if (more)
        findings_add(findings, FINDING_WARN, "addresses", "look at the others in the console",
                     "there are more than %d: only those were looked at", ADDRESS_PAGES_LIMIT * 50);
    if (addresses.undecided > 0)
        findings_add(findings, FINDING_WARN, "addresses",
                     "give each address a service of its own in the console, or let check read the account's configuration",
                     "in which service %u of them create%s conversations cannot be told: the account's default one is not "
                     "known (%s)",
                     addresses.undecided, addresses.undecided == 1 ? "s its" : "", unknown);
}
