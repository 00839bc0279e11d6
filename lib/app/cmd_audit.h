/* cmd_audit.h - wardgate audit: reading the trail
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_CMD_AUDIT_H
#define APP_CMD_AUDIT_H

#include "app/command.h"

/* audit_tail - says the newest rows, oldest of them first: -n COUNT (default
 * 20), --tenant GUID, --trace ID (as X-Trace-Id shows it). With --follow it
 * goes on with rows as they come, until SIGTERM or SIGINT. */
bool audit_tail(struct command *c, struct err *e);

#endif
