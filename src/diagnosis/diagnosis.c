#include "build.h"

#include "diagnosis/diagnosis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "diagnosis/given_signature.h"
#include "support/clock.h"
#include "webhook/proof.h"
#include "webhook/public_url.h"

enum {
    WITHIN_MS = 800, /* of processor time, so that a busy machine does not change the answer */
    LOOK_AT_CLOCK_EVERY = 128,
    FORM_COST_LIMIT = 2,
    TEXT_LIMIT = 2 * PUBLIC_URL_LIMIT,
};

/* A key, by an algorithm. */
struct candidate {
    size_t key;
    enum signature_algorithm algorithm;
    unsigned cost; /* 0: the responder would try it */
};

/* The search: what is tried, and with what. */
struct search {
    struct diagnosis *diagnosis;
    const struct diagnosis_input *input;
    struct signature_keys *keys;
    enum diagnosis_key key_names[SIGNATURE_KEYS_LIMIT];
    size_t keys_count;
    struct candidate candidates[SIGNATURE_KEYS_LIMIT * SIGNATURE_ALGORITHMS];
    size_t candidates_count;
    struct given_signatures given;
    struct public_url_candidates base; /* cost nothing: the responder tries them all */
    struct buffer base_text;
    struct url_variants *urls;
    size_t url_from[URL_PIECES_COST_LIMIT + 2]; /* where each cost begins */
    char *body; /* decoded in place */
    struct form form;
    struct form_list lists[FORM_COST_LIMIT + 1];
    enum form_change changes[FORM_COST_LIMIT];
    clock_t until;
    bool late, found;
};

static bool is_over(struct search *search)
{
    if (!search->late && search->diagnosis->tried % LOOK_AT_CLOCK_EVERY == 0)
        search->late = clock() > search->until;
    return search->late || search->found;
}

static void keep(struct search *search, const struct public_url *url, unsigned url_changes,
                 unsigned form_cost, const struct candidate *candidate, bool altered)
{
    struct diagnosis *diagnosis = search->diagnosis;
    unsigned i;

    search->found = true;
    diagnosis->url_changes = url_changes;
    diagnosis->key = search->key_names[candidate->key];
    diagnosis->key_id = signature_keys_id(search->keys, candidate->key);
    diagnosis->algorithm = candidate->algorithm;
    diagnosis->key_claimed = candidate->cost == 0;
    diagnosis->signature_altered = altered;
    buffer_clear(&diagnosis->url);
    public_url_show(&diagnosis->url, url);
    for (i = 0; i < form_cost; i++) {
        const struct form_list *list = &search->lists[i + 1];

        diagnosis->form_changes[i] = search->changes[i];
        if (list->name)
            snprintf(diagnosis->names[i], sizeof diagnosis->names[i], "%.*s",
                     (int)list->name_length, list->name);
    }
}

static void try_url(struct search *search, const struct public_url_candidates *urls,
                    unsigned url_changes, const struct signature_parameters *parameters,
                    unsigned form_cost, unsigned keys_cost)
{
    char signature[SIGNATURE_SIZE];
    size_t url, i;
    bool altered;

    for (url = 0; url < urls->count; url++) {
        for (i = 0; i < search->candidates_count && !is_over(search); i++) {
            const struct candidate *candidate = &search->candidates[i];

            if (candidate->cost != keys_cost)
                continue;
            search->diagnosis->tried++;
            if (signature_compute(search->keys, candidate->key, candidate->algorithm,
                                  &urls->urls[url], parameters, signature) &&
                given_signature_is(&search->given, signature, &altered))
                keep(search, &urls->urls[url], url_changes, form_cost, candidate, altered);
        }
    }
}

/* All URLs of one cost with one form. */
static void try_urls(struct search *search, const struct form_list *list, unsigned form_cost,
                     unsigned keys_cost, unsigned url_cost)
{
    struct signature_parameters parameters;
    size_t i;

    form_list_sort(&parameters, list);
    if (url_cost == 0) {
        try_url(search, &search->base, 0, &parameters, form_cost, keys_cost);
        return;
    }
    for (i = search->url_from[url_cost]; i < search->url_from[url_cost + 1]; i++) {
        const struct url_variant *variant = url_variants_at(search->urls, i);
        struct public_url_candidates urls;

        if (is_over(search))
            return;
        if (public_url_vary_port(&urls, url_variants_text(search->urls, variant), variant->length))
            try_url(search, &urls, variant->changes, &parameters, form_cost, keys_cost);
    }
}

/* All forms that have `wanted` alterations, in either order; `done` of them are in lists[done]. */
static void try_forms(struct search *search, unsigned done, unsigned wanted, unsigned keys_cost,
                      unsigned url_cost)
{
    const struct form_list *from = &search->lists[done];
    size_t kind, index;

    if (done == wanted) {
        try_urls(search, from, done, keys_cost, url_cost);
        return;
    }
    for (kind = 0; kind < form_variants_kinds(); kind++) {
        size_t span = form_variants_span(kind, from);

        search->changes[done] = form_variants_change(kind);
        for (index = 0; index < span && !is_over(search); index++) {
            struct form_list *list = &search->lists[done + 1];

            form_list_copy(list, from);
            list->paired = wanted > 1;
            if (form_variants_apply(kind, index, list))
                try_forms(search, done + 1, wanted, keys_cost, url_cost);
        }
    }
}

/* Everything that takes `cost` changes: of the URL first, where a proxy often changes scheme, host
 * and path at once, then the token, then the form. Three are as many as time allows. */
static void try_cost(struct search *search, unsigned cost)
{
    unsigned form_cost, keys_cost;

    for (form_cost = 0; form_cost <= cost && form_cost <= FORM_COST_LIMIT; form_cost++)
        for (keys_cost = 0; keys_cost <= 1 && form_cost + keys_cost <= cost; keys_cost++)
            if (!search->found && (cost <= 2 || keys_cost == 0))
                try_forms(search, 0, form_cost, keys_cost, cost - form_cost - keys_cost);
}

enum { TOKENS_LIMIT = 4 };

static void add_key(struct search *search, const char *tokens[TOKENS_LIMIT], enum diagnosis_key key,
                    const char *token)
{
    if (!token || !*token)
        return;
    search->key_names[search->keys_count] = key;
    tokens[search->keys_count++] = token;
}

static bool prepare_keys(struct search *search)
{
    const struct config *config = search->input->config;
    const struct setting_shared_keys *shared = &config->shared_keys;
    const char *tokens[TOKENS_LIMIT] = {NULL};
    size_t i;

    _Static_assert((int)TOKENS_LIMIT + (int)SETTING_SHARED_KEYS_LIMIT <= (int)SIGNATURE_KEYS_LIMIT,
                   "all keys are tried");
    add_key(search, tokens, DIAGNOSIS_KEY_PRIMARY, config->auth_token);
    add_key(search, tokens, DIAGNOSIS_KEY_SECONDARY, config->auth_token_secondary);
    add_key(search, tokens, DIAGNOSIS_KEY_API_SECRET, config->api_secret);
    add_key(search, tokens, DIAGNOSIS_KEY_GIVEN, search->input->given_token);
    search->keys = signature_keys_new(tokens, search->keys_count);
    for (i = 0; search->keys && i < shared->count; i++) {
        if (!signature_keys_add_shared(search->keys, shared->ids[i], shared->secrets[i]))
            return false;
        search->key_names[search->keys_count++] = DIAGNOSIS_KEY_SHARED;
    }
    return search->keys != NULL;
}

/* Whether the responder would try it: of what the headers say, the account's own. */
static bool is_claimed(const struct search *search, size_t key, enum signature_algorithm algorithm)
{
    const struct signature_candidates *claimed = &search->diagnosis->claim.candidates;
    enum diagnosis_key name = search->key_names[key];

    return claimed->keys >> key & 1 && claimed->algorithm == algorithm &&
           name != DIAGNOSIS_KEY_API_SECRET && name != DIAGNOSIS_KEY_GIVEN;
}

/* Every key, by each algorithm whose length the signature has. */
static void prepare_candidates(struct search *search)
{
    struct request request = *search->input->request;
    size_t key, i;

    /* As it was before it was altered: its length says something. */
    if (search->given.count > 0)
        request.values[VARIABLE_HTTP_X_TWILIO_SIGNATURE] = search->given.texts[0];
    signature_claim_read(&search->diagnosis->claim, &request, search->keys);
    for (key = 0; key < search->keys_count; key++) {
        for (i = 0; i < SIGNATURE_ALGORITHMS; i++) {
            enum signature_algorithm algorithm = (enum signature_algorithm)i;

            if (given_signature_has(&search->given, algorithm))
                search->candidates[search->candidates_count++] =
                    (struct candidate){key, algorithm, !is_claimed(search, key, algorithm)};
        }
    }
}

/* The URL that the responder would take, and all others. False if there is none. */
static bool prepare_urls(struct search *search)
{
    const struct diagnosis_input *input = search->input;
    struct public_url *first = &search->base.urls[0];
    size_t i, cost = 0;

    if (input->base_url) {
        buffer_append(&search->base_text, input->base_url, strcspn(input->base_url, "#"));
        if (buffer_status(&search->base_text) != BUFFER_OK ||
            !public_url_vary_port(&search->base, search->base_text.data, search->base_text.length))
            return false;
    } else if (public_url_build(&search->base, &search->base_text, input->config, input->request) !=
               PUBLIC_URL_OK) {
        return false;
    }
    for (i = 0; i < search->base.count; i++) /* this is no log: what is to be set is to be read */
        search->base.urls[i].query_masked = false;
    public_url_show(&search->diagnosis->base, first);
    search->urls =
        url_variants_new(first->head, (size_t)(first->tail + first->tail_length - first->head),
                         input->config, input->request);
    for (i = 0; search->urls && i < url_variants_count(search->urls); i++)
        while (cost < url_variants_at(search->urls, i)->cost)
            search->url_from[++cost] = i;
    while (cost <= URL_PIECES_COST_LIMIT)
        search->url_from[++cost] = i;
    return search->urls != NULL;
}

static bool prepare_form(struct search *search)
{
    const struct request *request = search->input->request;
    size_t i, length = request->body_length;

    search->body = malloc(length + 1);
    if (!search->body)
        return false;
    if (length > 0)
        memcpy(search->body, request->body, length);
    if (!form_parse(&search->form, search->body, length))
        search->form.count = 0;
    for (i = 0; i <= FORM_COST_LIMIT; i++)
        if (!form_list_init(&search->lists[i], search->input->config, length))
            return false;
    return true;
}

static bool is_json(const struct request *request)
{
    return proof_is_json(request_text(request, VARIABLE_CONTENT_TYPE));
}

/* JSON is signed by its URL alone, which holds its hash. */
static void run(struct search *search)
{
    static const struct form nothing = {.count = 0};
    bool json = is_json(search->input->request);
    unsigned cost;

    form_list_copy_form(&search->lists[0], json ? &nothing : &search->form);
    for (cost = 0; cost <= URL_PIECES_COST_LIMIT && !search->found; cost++)
        try_cost(search, cost);
    if (search->found || !json)
        return;
    form_list_copy_form(&search->lists[0], &search->form);
    for (cost = 0; cost <= 1 && !search->found; cost++)
        try_cost(search, cost);
    search->diagnosis->json_form = search->found;
}

static bool is_as_it_came(const struct diagnosis *diagnosis)
{
    return diagnosis->url_changes == 0 && diagnosis->form_changes[0] == FORM_CHANGE_NONE &&
           diagnosis->key_claimed && !diagnosis->signature_altered &&
           !diagnosis->json_form;
}

/* What a match means; the hash of a body without a form is still to be looked at. */
static void judge_match(struct search *search)
{
    struct diagnosis *diagnosis = search->diagnosis;
    const struct request *request = search->input->request;
    const struct public_url_candidates *base = &search->base;
    bool without_form =
        is_json(request) || diagnosis->form_changes[0] == FORM_CHANGE_UNSIGNED;

    diagnosis->status = is_as_it_came(diagnosis) ? DIAGNOSIS_HOLDS : DIAGNOSIS_PROVED;
    if (!without_form || diagnosis->json_form ||
        !signature_has_body_hash(base->query, base->query_length))
        return;
    diagnosis->hashed = signature_body_hash_matches(base->query, base->query_length, request->body,
                                                    request->body_length);
    if (!diagnosis->hashed) {
        diagnosis->status = DIAGNOSIS_PROVED;
        diagnosis->fault = DIAGNOSIS_FAULT_HASHED_BODY;
    }
}

/* 32 hex digits: every auth token is that, and an API key's secret practically never. */
static bool is_token_like(const char *token)
{
    return strlen(token) == 32 && strspn(token, "0123456789abcdef") == 32;
}

static bool has_rewritten_names(const struct form *form)
{
    size_t i;

    for (i = 0; i < form->count; i++)
        if (form->parameters[i].name_length > 17 &&
            memcmp(form->parameters[i].name, "MessagingBinding_", 17) == 0)
            return true;
    return false;
}

/* A webhook of Twilio's names its account and what happened, or its JSON is hashed in the URL. */
static bool is_like_none_of_twilios(const struct search *search)
{
    const struct public_url_candidates *base = &search->base;

    if (is_json(search->input->request))
        return !signature_has_body_hash(base->query, base->query_length);
    return search->form.count > 0 && !form_find(&search->form, "AccountSid") &&
           !form_find(&search->form, "EventType");
}

/* Where no alteration explains a signature: what is plainly wrong with webhook or settings? */
static enum diagnosis_fault find_plain_fault(const struct search *search)
{
    const struct config *config = search->input->config;
    const struct request *request = search->input->request;
    const struct form *form = &search->form;
    const struct form_parameter *account = form_find(form, "AccountSid");

    if (request->body_length == 0)
        return DIAGNOSIS_FAULT_BODY_MISSING;
    if (account && config->account_sid && !form_value_is(account, config->account_sid))
        return DIAGNOSIS_FAULT_ACCOUNT;
    if (search->diagnosis->claim.status == SIGNATURE_CLAIM_UNKNOWN_KEY)
        return DIAGNOSIS_FAULT_SHARED_KEY;
    if (search->diagnosis->claim.status == SIGNATURE_CLAIM_UNKNOWN_ALGORITHM)
        return DIAGNOSIS_FAULT_ALGORITHM;
    if (config->auth_token && !is_token_like(config->auth_token))
        return DIAGNOSIS_FAULT_TOKEN_SHAPE;
    if (has_rewritten_names(form))
        return DIAGNOSIS_FAULT_NAMES;
    if (is_like_none_of_twilios(search))
        return DIAGNOSIS_FAULT_FORGED;
    return DIAGNOSIS_FAULT_NONE;
}

static void settle(struct search *search, enum diagnosis_fault fault)
{
    search->diagnosis->fault = fault;
    search->diagnosis->status = fault == DIAGNOSIS_FAULT_NONE ? DIAGNOSIS_UNKNOWN : DIAGNOSIS_LIKELY;
}

static void free_search(struct search *search)
{
    size_t i;

    signature_keys_free(search->keys);
    url_variants_free(search->urls);
    buffer_free(&search->base_text);
    for (i = 0; i <= FORM_COST_LIMIT; i++)
        form_list_free(&search->lists[i]);
    free(search->body);
    free(search);
}

void diagnosis_find(struct diagnosis *diagnosis, const struct diagnosis_input *input)
{
    struct search *search = calloc(1, sizeof *search);
    const char *given = request_text(input->request, VARIABLE_HTTP_X_TWILIO_SIGNATURE);
    int64_t begun = clock_monotonic_us();

    *diagnosis = (struct diagnosis){.status = DIAGNOSIS_NO_MEMORY};
    buffer_init(&diagnosis->base, TEXT_LIMIT);
    buffer_init(&diagnosis->url, TEXT_LIMIT);
    if (!search)
        return;
    *search = (struct search){
        .diagnosis = diagnosis,
        .input = input,
        .until = clock() + (clock_t)(input->within_ms ? input->within_ms : WITHIN_MS) *
                               (CLOCKS_PER_SEC / 1000),
    };
    buffer_init(&search->base_text, PUBLIC_URL_LIMIT);
    given_signature_read(&search->given, given);
    if (!prepare_form(search) || !prepare_keys(search))
        goto out;
    prepare_candidates(search);
    if (!*given) {
        settle(search, DIAGNOSIS_FAULT_NO_SIGNATURE);
    } else if (!prepare_urls(search)) {
        settle(search, DIAGNOSIS_FAULT_URL);
    } else {
        if (search->given.count > 0)
            run(search);
        if (search->found)
            judge_match(search);
        else
            settle(search, search->given.count == 0
                               ? DIAGNOSIS_FAULT_SIGNATURE_SHAPE
                               : find_plain_fault(search));
    }
    diagnosis->out_of_time = search->late && !search->found;
out:
    diagnosis->took_us = clock_monotonic_us() - begun;
    free_search(search);
}

void diagnosis_free(struct diagnosis *diagnosis)
{
    buffer_free(&diagnosis->base);
    buffer_free(&diagnosis->url);
}
