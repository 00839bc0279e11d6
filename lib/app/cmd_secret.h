/* cmd_secret.h - wardgate client secret: made, listed, invalidated
 * SPDX-License-Identifier: Apache-2.0
 *
 * The verbs run as wg_operator. A secret is made here, shown once, and only
 * its keyed hash goes to the database. What is said stands in wardgate(8). */
#ifndef APP_CMD_SECRET_H
#define APP_CMD_SECRET_H

#include "app/command.h"

/* client secret add [--label TEXT] [--days N | --no-expiry] [--start TIME]
 *   CLIENT: says client_secret, this once. Needs to read the pepper. */
bool client_secret_add(struct command *c, struct err *e);

/* client secret list CLIENT */
bool client_secret_list(struct command *c, struct err *e);

/* client secret invalidate CLIENT KEYID: ends the secret and the tokens that
 * were issued for it. */
bool client_secret_invalidate(struct command *c, struct err *e);

#endif
