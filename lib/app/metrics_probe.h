/* metrics_probe.h - the figures of probes, for Prometheus
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the database knows of the newest probe of each tenant. It is asked at
 * most once in a while; when it does not tell, the figures are missing
 * until it does. One lock, held while it is asked. */
#ifndef APP_METRICS_PROBE_H
#define APP_METRICS_PROBE_H

#include "base/buf.h"
#include "ext/db.h"

/* metrics_probe_put - all of them, at the end of b.
 *   a        scratch
 *   kept_ms  how old what is remembered may be */
void metrics_probe_put(
    struct buf *b, struct db *db, struct arena *a, int64_t kept_ms);

/* metrics_probe_forget - when db goes. */
void metrics_probe_forget(void);

#endif
