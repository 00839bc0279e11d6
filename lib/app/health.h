/* health.h - is the program alive, and is the gateway fit for work?
 * SPDX-License-Identifier: Apache-2.0
 *
 * Readiness is looked into at most once a second, by whoever asks first;
 * meanwhile the others get the last answer. Two locks: one is held while
 * looking, one while the answer is read or replaced. */
#ifndef APP_HEALTH_H
#define APP_HEALTH_H

#include "web/serve.h"

/* The schema numbers that the programs of this build work with. */
#define HEALTH_SCHEMA_LOWEST  1
#define HEALTH_SCHEMA_HIGHEST 1

/* health_start - nothing is connected yet. ERR_CONF. health_stop - after the
 * last request. */
bool health_start(const struct conf *conf, struct err *e);
void health_stop(void);

/* health_live - 200: this process answers. */
bool health_live(struct work *w);

/* health_ready - 200 or 503, with one reason per check: database, schema,
 * writable, audit, keys. Reasons name no host and no secret. */
bool health_ready(struct work *w);

#endif
