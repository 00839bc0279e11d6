/* cmd_key_stage.h - wardgate key use, withdraw, rotate: a signing key's stages
 * SPDX-License-Identifier: Apache-2.0
 *
 * A key is published, in use, retired, withdrawn. It may sign when every
 * verifier has had the time to read it: KEY_KNOWN_S after it was published. A
 * retired one verifies until no token of it can be in force (gate/token). What
 * is said stands in wardgate(8). As wg_operator. */
#ifndef APP_CMD_KEY_STAGE_H
#define APP_CMD_KEY_STAGE_H

#include "app/command.h"
#include "app/document.h"

/* Our programs look at the folder when asked, and within a second when told;
 * others keep what they read as long as the document's header lets them. */
#define KEY_KNOWN_S (DOCUMENT_CACHE_S + 10)

/* key use [--now] KID - it signs from now on, the former one is retired.
 * ERR_CONFLICT: published too short a time, without --now; withdrawn. */
bool key_use(struct command *c, struct err *e);

/* key withdraw KID - its tokens count for nothing at once. If it was in use,
 * the key that was published first takes its place; one is made when there is
 * none. Its files are removed from this host. */
bool key_withdraw(struct command *c, struct err *e);

/* key rotate - the next ordinary step: publish a key, wait, use it; and says
 * what to do next, and when. */
bool key_rotate(struct command *c, struct err *e);

#endif
