/* rehearsal_wire.h - how an answer travels: whole, cut, slow, without end
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_REHEARSAL_WIRE_H
#define APP_REHEARSAL_WIRE_H

#include "rehearsal/rehearsal_visit.h"
#include "web/serve.h"

/* How much of an endless answer is sent before we give up ourselves. */
#define REHEARSAL_ENDLESS_MB 200u

/* rehearsal_send - reply as the HTTP answer of w: into w->resp, or past it
 * where reply->faults say that it is to arrive damaged. */
void rehearsal_send(struct work *w, const struct rehearsal_reply *reply);

#endif
