#include "build.h"

#include "commands/explain_report.h"

#include <stdio.h>
#include <sysexits.h>

#include "commands/command_line.h"
#include "diagnosis/diagnosis_words.h"

static int exit_status(const struct diagnosis *diagnosis)
{
    switch (diagnosis->status) {
    case DIAGNOSIS_HOLDS:
        return EXPLAIN_HOLDS;
    case DIAGNOSIS_PROVED:
    case DIAGNOSIS_LIKELY:
        return EXPLAIN_FOUND;
    case DIAGNOSIS_UNKNOWN:
        return EXPLAIN_NOT_FOUND;
    case DIAGNOSIS_NO_MEMORY:
        break;
    }
    return EX_OSERR;
}

static json_t *steps_of(const struct diagnosis *diagnosis)
{
    const char *steps[DIAGNOSIS_WORDS_STEPS];
    size_t count = diagnosis_words_steps(steps, diagnosis), i;
    json_t *array = json_array();

    for (i = 0; i < count; i++)
        json_array_append_new(array, json_string(steps[i]));
    return array;
}

/* The texts of a diagnosis, ready to print. */
struct words {
    struct buffer cause, fix, seen, url, name;
};

static void print_json(const struct diagnosis *diagnosis, const struct words *words)
{
    command_line_print_json(json_pack(
        "{s:s, s:b, s:b, s:s, s:s, s:s, s:s, s:o, s:I, s:I}", "file", buffer_string(&words->name),
        "matches", diagnosis->status == DIAGNOSIS_HOLDS, "proved",
        diagnosis->status == DIAGNOSIS_PROVED, "cause", buffer_string(&words->cause), "mend",
        buffer_string(&words->fix), "seen_url", buffer_string(&words->seen), "url",
        buffer_string(&words->url), "steps", steps_of(diagnosis), "tried",
        (json_int_t)diagnosis->tried, "ms", (json_int_t)(diagnosis->took_us / 1000)));
}

static void print_text(const struct diagnosis *diagnosis, const struct words *words)
{
    if (words->name.length > 0)
        printf("%s:\n", buffer_string(&words->name));
    if (diagnosis->status == DIAGNOSIS_HOLDS) {
        printf("%s\n", buffer_string(&words->cause));
        return;
    }
    if (diagnosis->status != DIAGNOSIS_PROVED && words->seen.length > 0)
        printf("url:   %s\n", buffer_string(&words->seen));
    printf("%s %s\nmend:  %s\n", diagnosis->status == DIAGNOSIS_LIKELY ? "likely:" : "cause:",
           buffer_string(&words->cause), buffer_string(&words->fix));
}

int explain_report_print(const struct diagnosis *diagnosis, const struct diagnosis_input *input,
                         const char *name, bool json)
{
    struct words words;
    struct buffer *const all[] = {&words.cause, &words.fix, &words.seen, &words.url, &words.name};
    size_t i;

    if (diagnosis->status == DIAGNOSIS_NO_MEMORY) {
        fputs("twilio-autojoin: out of memory, or OpenSSL fails\n", stderr);
        return EX_OSERR;
    }
    for (i = 0; i < sizeof all / sizeof all[0]; i++)
        buffer_init(all[i], DIAGNOSIS_WORDS_LIMIT);
    diagnosis_words_cause(&words.cause, diagnosis);
    diagnosis_words_fix(&words.fix, diagnosis, input);
    diagnosis_words_plain(&words.seen, buffer_string(&diagnosis->base));
    diagnosis_words_plain(&words.url, buffer_string(&diagnosis->url));
    diagnosis_words_plain(&words.name, name ? name : "");
    if (json)
        print_json(diagnosis, &words);
    else
        print_text(diagnosis, &words);
    for (i = 0; i < sizeof all / sizeof all[0]; i++)
        buffer_free(all[i]);
    return exit_status(diagnosis);
}
