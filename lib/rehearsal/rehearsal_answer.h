/* rehearsal_answer.h - one interaction with a ward, truth and failures
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_REHEARSAL_ANSWER_H
#define APP_REHEARSAL_ANSWER_H

#include "rehearsal/rehearsal_visit.h"

/* rehearsal_answer - read, search, metadata, page; never a batch. Fills reply
 * with the truth, or with an OperationOutcome that says what was wrong; failures
 * are noted in reply->faults and not yet done. */
void rehearsal_answer(const struct rehearsal_visit *v,
    const struct rehearsal_call *call, struct rehearsal_reply *reply);

/* rehearsal_refuse - reply becomes the OperationOutcome of e. */
void rehearsal_refuse(const struct rehearsal_visit *v,
    struct rehearsal_reply *reply, const struct err *e);

/* rehearsal_outcome - reply becomes an OperationOutcome with that status. */
void rehearsal_outcome(const struct rehearsal_visit *v,
    struct rehearsal_reply *reply, unsigned status, const char *code,
    const char *text);

#endif
