/* facade.h - the FHIR endpoint: checks the token, routes, answers
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_FACADE_H
#define APP_FACADE_H

#include "web/serve.h"

/* facade_start, facade_stop, facade_refused, facade_settle, facade_settle_later -
 * for the program's page. */
bool facade_start(
    struct arena *a, const struct conf *conf, bool cgi, struct err *e);
void facade_stop(void);
void facade_refused(struct work *w);
bool facade_settle(struct work *w);
bool facade_settle_later(struct work *w);

/* facade_answer - every path under /fhir that is not metadata's. */
bool facade_answer(struct work *w);

#endif
