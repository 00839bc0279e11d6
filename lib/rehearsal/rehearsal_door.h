/* rehearsal_door.h - who is let in to a ward that wants to see something
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef REHEARSAL_REHEARSAL_DOOR_H
#define REHEARSAL_REHEARSAL_DOOR_H

#include "rehearsal/rehearsal_visit.h"

/* rehearsal_door_open - may who sent v->req see path, which is below the ward?
 * A certificate counts by what the web server says of it (SSL_CLIENT_VERIFY and
 * the common name), never by a header.
 * false: *reply says why, with 403 for the certificate and 401 for the rest. */
bool rehearsal_door_open(const struct rehearsal_visit *v, struct str path,
    int64_t now_s, struct rehearsal_reply *reply);

#endif
