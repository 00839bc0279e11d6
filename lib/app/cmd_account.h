/* cmd_account.h - wardgate account: people who sign in to the portal
 * SPDX-License-Identifier: Apache-2.0
 *
 * The verbs run as wg_operator. What they say stands in wardgate(8). */
#ifndef APP_CMD_ACCOUNT_H
#define APP_CMD_ACCOUNT_H

#include "app/command.h"

/* account add [--name TEXT] [--phone] --roles LIST LOGIN: the passphrase is one
 * line of standard input. --phone: makes a key for one-time codes and says it,
 * this once. */
bool account_add(struct command *c, struct err *e);

/* account invite [--name TEXT] --roles LIST: says a link. */
bool account_invite_tell(struct command *c, struct err *e);

/* account reset [--no-phone] LOGIN: says a link. */
bool account_reset(struct command *c, struct err *e);

/* account list */
bool account_list_tell(struct command *c, struct err *e);

/* account disable LOGIN, account enable LOGIN */
bool account_disable(struct command *c, struct err *e);
bool account_enable(struct command *c, struct err *e);

#endif
