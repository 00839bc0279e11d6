/* keep_notice.h - the keeper tells which secrets are about to end
 * SPDX-License-Identifier: Apache-2.0
 *
 * At 30, 14, 7 and 1 days before its end a secret is told of, once each: by a
 * line in the log, and to the operator's expiry_hook, if there is one. What
 * was told is kept in wardgate.secret_notice, so it is told once whatever
 * keepers run; a hook that fails is run again after an hour. */
#ifndef APP_KEEP_NOTICE_H
#define APP_KEEP_NOTICE_H

#include <signal.h>

#include "base/conf.h"
#include "ext/db.h"

/* keep_notice_turn - tells what is due, a few at most; *n how many.
 *   conf     NULL: without settings nothing is told, as there may be a hook
 *   stopped  not 0: no other hook is begun
 * false: ERR_DB. A hook that fails is no failure, but a line in the log. */
bool keep_notice_turn(const struct conf *conf, struct db *db, struct arena *a,
    const volatile sig_atomic_t *stopped, int64_t *n, struct err *e);

#endif
