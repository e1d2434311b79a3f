#include "build.h"

#include "twilio/join_group.h"

#include <string.h>

#include "twilio/pager.h"

void join_group_begin(struct join_group *group, const char *configured)
{
    *group = (struct join_group){.configured = configured};
}

static void take_free(struct join_group *group, bool is_configured, const char *sid)
{
    group->free++;
    if (!sid)
        group->unreadable = true;
    else if (is_configured || !group->configured_is_free)
        sid_copy(&group->participant, sid, strlen(sid), "MB");
    group->configured_is_free |= is_configured;
}

bool join_group_take(struct join_group *group, const json_t *participant)
{
    const char *number =
        pager_item_text(json_object_get(participant, "messaging_binding"), "projected_address");
    bool is_configured = group->configured && strcmp(number, group->configured) == 0;

    if (*number == '\0')
        return false;
    group->has_configured |= is_configured;
    if (*pager_item_text(participant, "identity") == '\0')
        take_free(group, is_configured, pager_item_sid(participant, "sid", "MB"));
    else
        group->held++;
    return true;
}

enum join_number join_group_number(const struct join_group *group)
{
    if (group->configured_is_free || group->free == 1)
        return JOIN_NUMBER_FREE;
    if (group->configured && !group->has_configured)
        return JOIN_NUMBER_NONE;
    if (group->free > 1)
        return JOIN_NUMBER_SEVERAL;
    return group->held > 0 ? JOIN_NUMBER_HELD : JOIN_NUMBER_NONE;
}

const char *join_group_participant(const struct join_group *group)
{
    return group->participant.text;
}
