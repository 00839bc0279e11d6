/* rehearsal_log.h - which requests reached the provider, for tests
 * SPDX-License-Identifier: Apache-2.0
 *
 * Where WARDGATE_REHEARSAL_LOG names a file, each request is one line there,
 * appended by one write(2):
 *
 *     METHOD path?query<TAB>body
 *
 * Line ends, tabs and NULs of the body are written \n, \r, \t, \0. A ward holds
 * made-up people: this is the one log of wardgate that shows what was asked. */
#ifndef APP_REHEARSAL_LOG_H
#define APP_REHEARSAL_LOG_H

#include "base/arena.h"
#include "web/req.h"

/* rehearsal_log_open - once, before threads start. ERR_CONF. */
bool rehearsal_log_open(struct err *e);

/* rehearsal_log - one request; the body may be absent. */
void rehearsal_log(struct arena *a, const struct req *r, struct str body);

#endif
