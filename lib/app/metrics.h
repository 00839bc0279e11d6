/* metrics.h - GET /metrics: figures in the text format of Prometheus
 * SPDX-License-Identifier: Apache-2.0
 *
 * Figures are for this host's own eyes: the web server lets nobody else ask,
 * and neither does this. Counters come from memory that all programs share;
 * the ends of secrets from the database, which is asked at most once in
 * METRICS_KEPT_MS and missing from the answer when it does not tell. One lock,
 * held while it is asked. */
#ifndef APP_METRICS_H
#define APP_METRICS_H

#include "web/serve.h"

#define METRICS_KEPT_MS 10000

/* metrics_start - nothing is connected yet, and without the shared memory
 * metrics_get answers 503. ERR_CONF. metrics_stop - after the last request. */
bool metrics_start(const struct conf *conf, struct err *e);
void metrics_stop(void);

/* metrics_get - the text. ERR_ADDRESS to everybody but this host. */
bool metrics_get(struct work *w);

/* metrics_count - for the program's page: what became of a request. */
void metrics_count(const struct work *w, enum err_kind told);

#endif
