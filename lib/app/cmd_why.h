/* cmd_why.h - wardgate why: what became of a request, and what to do about it
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_CMD_WHY_H
#define APP_CMD_WHY_H

#include "app/command.h"

/* why TRACE - explains the audit rows of the answer that carried X-Trace-Id:
 * TRACE; of a batch also its entries. As wg_auditor. ERR_MISSING: no row. */
bool why_tell(struct command *c, struct err *e);

#endif
