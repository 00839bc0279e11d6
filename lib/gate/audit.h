/* audit.h - one row per access and refusal, durable before the answer leaves
 * SPDX-License-Identifier: Apache-2.0
 *
 * Request threads hand their rows to one writer; the writer commits what has
 * gathered in one transaction and tells them, who sleep or do something else
 * meanwhile. While it waits for the database the next rows gather: under load
 * one commit carries many. One lock (audit.c) guards the queue. */
#ifndef GATE_AUDIT_H
#define GATE_AUDIT_H

#include "base/conf.h"
#include "ext/db.h"
#include "gate/audit_row.h"

struct audit;

/* audit_start - owned; audit_stop, which writes what is queued first.
 *   program  name kept in every row. NULL: ERR_DB. */
struct audit *audit_start(
    struct db *db, const struct conf *conf, const char *program, struct err *e);
/* audit_alone - for a process that lives for one request: no writer, no held
 * connection; audit_keep commits its row itself. Owned; audit_stop. */
struct audit *audit_alone(
    struct db *db, const struct conf *conf, const char *program);

void audit_stop(struct audit *audit);

/* audit_keep - returns true when the row, and all that it leads to (`with`), are
 * durable; they are committed together or not at all. At most
 * AUDIT_TOGETHER_MAX of them. *change receives a change number from when they
 * were stored: no change from before the call that may bear on a new token has a
 * higher one. false: ERR_AUDIT:
 * queue full, database away, or no commit within audit_wait_ms. Then they may or
 * may not have been written, and the answer must not leave. */
#define AUDIT_TOGETHER_MAX 512
bool audit_keep(struct audit *audit, struct arena *a,
    const struct audit_row *row, int64_t *change, struct err *e);

/* audit_post - the same without waiting: `told` is called once, on the writer's
 * thread, where everybody waits for it: it must not. The arena is lent until
 * then; the row is not. false: queue full, or there is no writer; then nothing
 * was taken, and `told` is not called. */
typedef void audit_told(void *ctx, bool kept, int64_t change);
bool audit_post(struct audit *audit, struct arena *a,
    const struct audit_row *row, audit_told *told, void *ctx);

#endif
