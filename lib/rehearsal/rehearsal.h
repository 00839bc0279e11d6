/* rehearsal.h - a provider to practise on: wards of made-up patients
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_REHEARSAL_H
#define APP_REHEARSAL_H

#include "web/serve.h"

/* Start and stop of the program; see web/serve. */
bool rehearsal_start(
    struct arena *a, const struct conf *conf, bool cgi, struct err *e);
void rehearsal_stop(void);

/* rehearsal_begin - a request that cannot be read is in the log all the same.
 * rehearsal_handle - /rehearsal/<ward>[/~<failure>...]/... */
void rehearsal_begin(struct work *w);
bool rehearsal_handle(struct work *w);

#endif
