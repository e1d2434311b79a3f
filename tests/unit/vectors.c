#include "build.h"

#include "vectors.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/buffer.h"
#include "support/percent.h"

static char *copy_string(const json_t *value)
{
    const char *text = json_string_value(value);

    return text ? strdup(text) : NULL;
}

/* Twilio sends parameters form-encoded; the files hold them decoded. */
static void encode_parameters(struct buffer *body, const json_t *parameters)
{
    size_t i;

    for (i = 0; i < json_array_size(parameters); i++) {
        const json_t *pair = json_array_get(parameters, i);

        percent_encode_pair(body, json_string_value(json_array_get(pair, 0)),
                            json_string_value(json_array_get(pair, 1)));
    }
}

static void read_keys(struct vector *vector, json_t *keys)
{
    const char *id;
    json_t *secret;

    json_object_foreach(keys, id, secret) {
        if (vector->keys_count == VECTORS_KEYS_LIMIT)
            abort();
        vector->keys[vector->keys_count].id = strdup(id);
        vector->keys[vector->keys_count++].secret = copy_string(secret);
    }
}

static void read_vector(struct vector *vector, const json_t *row)
{
    const char *raw = json_string_value(json_object_get(row, "raw_body"));
    struct buffer body;

    snprintf(vector->name, sizeof vector->name, "%lld %s",
             (long long)json_integer_value(json_object_get(row, "id")),
             json_string_value(json_object_get(row, "source")));
    buffer_init(&body, 64 * 1024);
    if (raw)
        buffer_append_string(&body, raw);
    else
        encode_parameters(&body, json_object_get(row, "params"));
    vector->raw = raw != NULL;
    vector->body_length = body.length;
    vector->body = buffer_take(&body);
    vector->url = copy_string(json_object_get(row, "url"));
    vector->token = copy_string(json_object_get(row, "token"));
    vector->signature = copy_string(json_object_get(row, "signature"));
    vector->settings = copy_string(json_object_get(row, "settings_header"));
    read_keys(vector, json_object_get(row, "keys"));
    vector->valid = json_is_true(json_object_get(row, "valid"));
    if (!vector->body || !vector->url || !vector->token) {
        fprintf(stderr, "vector %s is not whole\n", vector->name);
        exit(99);
    }
}

static json_t *load_file(const char *name)
{
    const char *folder = getenv("AUTOJOIN_VECTORS");
    char path[1024];
    json_error_t error;
    json_t *rows;

    snprintf(path, sizeof path, "%s/%s", folder ? folder : "tests/vectors", name);
    rows = json_load_file(path, 0, &error);
    if (!json_is_array(rows) || json_array_size(rows) == 0) {
        fprintf(stderr, "%s: %s (set AUTOJOIN_VECTORS)\n", path, error.text);
        exit(99);
    }
    return rows;
}

size_t vectors_load(struct vector vectors[VECTORS_LIMIT])
{
    static const char *const names[] = {"signatures.json", "helper-libraries.json",
                                        "sharedkeys.json"};
    size_t count = 0, file, i;

    for (file = 0; file < sizeof names / sizeof names[0]; file++) {
        json_t *rows = load_file(names[file]);

        for (i = 0; i < json_array_size(rows); i++) {
            if (count == VECTORS_LIMIT)
                abort();
            read_vector(&vectors[count++], json_array_get(rows, i));
        }
        json_decref(rows);
    }
    return count;
}

void vectors_free(struct vector *vectors, size_t count)
{
    size_t i, key;

    for (i = 0; i < count; i++) {
        for (key = 0; key < vectors[i].keys_count; key++) {
            free(vectors[i].keys[key].id);
            free(vectors[i].keys[key].secret);
        }
        free(vectors[i].settings);
        free(vectors[i].url);
        free(vectors[i].body);
        free(vectors[i].token);
        free(vectors[i].signature);
    }
}
