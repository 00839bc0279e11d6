/* rehearsal_fake.h - what a failing provider answers instead of the truth
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_REHEARSAL_FAKE_H
#define APP_REHEARSAL_FAKE_H

#include "rehearsal/rehearsal_visit.h"

/* rehearsal_fake - puts the answer that reply->faults.instead asks for in the
 * place of the true one. REHEARSAL_HUGE and REHEARSAL_ENDLESS are left to
 * rehearsal_wire: they are sent as they are made.
 *   whole  the reply is an HTTP answer of its own; in a batch, failures that
 *          only such an answer can have become a 500 */
void rehearsal_fake(const struct rehearsal_visit *v,
    const struct rehearsal_call *call, struct rehearsal_reply *reply,
    bool whole);

/* rehearsal_wait - sleeps ms milliseconds. */
void rehearsal_wait(unsigned ms);

#endif
