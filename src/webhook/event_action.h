/* What an event calls for, and what became of it: the same of a webhook and of a CloudEvent. */
#ifndef AUTOJOIN_WEBHOOK_EVENT_ACTION_H
#define AUTOJOIN_WEBHOOK_EVENT_ACTION_H

#include "webhook/answer.h"
#include "webhook/event.h"
#include "webhook/handler_means.h"

/* ANSWER_NONE if it calls for a join; otherwise its answer, and news of a conversation were told. */
enum answer event_action_judge(const struct handler *handler, const struct event *event);

/* Joins; `done` is called exactly once, perhaps before this returns. */
void event_action_join(const struct handler *handler, const struct exchange *exchange,
                       const struct event *event, join_done_fn *done, void *argument);

/* What is answered to a join's result. */
enum answer event_action_answer(enum join_result result);

#endif
