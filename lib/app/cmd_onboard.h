/* cmd_onboard.h - wardgate tenant plan, tenant apply: from one reviewable file
 * SPDX-License-Identifier: Apache-2.0
 *
 * FILE is a filled-in copy of sql/onboard/tenant.sql or remove.sql
 * (app/onboard_file); "-" is standard input. Both verbs do what it says in one
 * transaction and tell what is different then; plan takes it back. */
#ifndef APP_CMD_ONBOARD_H
#define APP_CMD_ONBOARD_H

#include "app/command.h"

/* tenant plan - what would change, and the digest of the file and of what is
 * there. */
bool tenant_plan(struct command *c, struct err *e);

/* tenant apply - does it; a server that wants signatures gets a key pair. With
 * --plan DIGEST only if nothing is different from when that was planned:
 * ERR_CONFLICT. */
bool tenant_apply(struct command *c, struct err *e);

#endif
