/* cmd_key_pepper.h - wardgate key use pepper, remove pepper, status
 * SPDX-License-Identifier: Apache-2.0
 *
 * A new pepper is made, copied to every host, named as the one in use; token
 * stores each secret under it when the secret is next used; an old one goes
 * when no secret needs it. As wg_operator. */
#ifndef APP_CMD_KEY_PEPPER_H
#define APP_CMD_KEY_PEPPER_H

#include "app/command.h"

/* key use pepper VERSION - its file must be here. ERR_CONFLICT: a newer one is
 * in use. */
bool key_use_pepper(struct command *c, struct err *e);

/* key remove pepper VERSION - removes the file from this host. ERR_CONFLICT:
 * a secret needs it, or no newer one is in use. */
bool key_remove_pepper(struct command *c, struct err *e);

/* key status - of each version that is here or in use: its file, and how many
 * secrets need it. */
bool key_status(struct command *c, struct err *e);

#endif
