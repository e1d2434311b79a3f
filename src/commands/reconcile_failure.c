#include "build.h"

#include "commands/reconcile_failure.h"

#include <stdio.h>
#include <sysexits.h>

#include "commands/command.h"
#include "twilio/pager.h"

bool reconcile_failure_is_no_page(enum ask_status status)
{
    return status == ASK_NOT_FOUND || status == ASK_REFUSED || status == ASK_NOT_JSON ||
           status == ASK_OTHER_SHAPE;
}

int reconcile_failure_judge(const struct ask_answer *failure, char *why, size_t size)
{
    snprintf(why, size, "%s", failure->message);
    switch (failure->status) {
    case ASK_CREDENTIALS:
        snprintf(why, size, "the REST credentials are refused: %s", failure->message);
        return EX_NOPERM;
    case ASK_NOT_PERMITTED:
        return EX_NOPERM;
    case ASK_NOT_FOUND:
        snprintf(why, size, "no such service: check TWILIO_CHAT_SERVICE_SID");
        return EX_CONFIG;
    case ASK_NOT_JSON:
    case ASK_OTHER_SHAPE:
    case ASK_FOREIGN_PAGE:
        return EX_PROTOCOL;
    case ASK_NO_MEMORY:
        return EX_OSERR;
    default:
        return failure->retry_after_s > PAGER_WAIT_LIMIT_S ? COMMAND_LEFT : EX_UNAVAILABLE;
    }
}
