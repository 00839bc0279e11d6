/* cmd_keep.h - wardgate keep: the work that comes back every minute
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_CMD_KEEP_H
#define APP_CMD_KEEP_H

#include "app/command.h"

/* keep - makes audit partitions three months ahead, clears the change log and
 * old cursors in small steps, sums up the uses of secrets,
 * tells of secrets that are about to end (app/keep_notice). With --once: one
 * round, says what was done, fails if a part failed. Otherwise a round every
 * --every seconds (default 60) until SIGTERM or SIGINT; failures are logged
 * and tried again in the next round. */
bool keep(struct command *c, struct err *e);

#endif
