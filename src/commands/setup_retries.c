#include "build.h"

#include "commands/setup_retries.h"

#include <stdio.h>
#include <string.h>

#include "commands/command.h"
#include "support/percent.h"
#include "twilio/resources.h"

int setup_retries(struct setup *setup)
{
    char origin[RESOURCES_ORIGIN_SIZE], path[REST_PATH_LIMIT];
    struct rest_request request = {.method = REST_GET, .path = path, .origin = origin};
    struct setup_change change = {.path = path, .origin = origin};
    struct ask_answer answer;
    char before[32];
    int status;

    resources_chat_service(path, sizeof path, setup->service.text);
    if (!resources_chat_origin(origin, sizeof origin, setup->context.config.api_url))
        return COMMAND_LEFT;
    if (!ask(&setup->context.asker, &request, &answer) ||
        !ask_has_number(&answer, "post_webhook_retry_count"))
        return setup_failed(path, &answer);
    snprintf(before, sizeof before, "%lld",
             (long long)json_integer_value(
                 json_object_get(answer.json, "post_webhook_retry_count")));
    ask_forget(&answer);
    printf("Webhook retries of the service %s:\n", setup->service.text);
    setup_print_change("retries", before, setup->options.retries);
    if (strcmp(before, setup->options.retries) == 0)
        return COMMAND_OK;
    if (strlen(before) == 1 && *before <= '0' + SETUP_RETRIES_MOST)
        printf("  To undo: twilio-autojoin setup --retries %s\n", before);
    else
        puts("  To undo: by the Chat API, for more than 3 are not taken here");
    buffer_init(&change.form, SETUP_FORM_LIMIT);
    percent_encode_pair(&change.form, "PostWebhookRetryCount", setup->options.retries);
    status = setup_apply(setup, &change, "retries", NULL);
    buffer_free(&change.form);
    return status;
}
