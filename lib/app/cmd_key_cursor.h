/* cmd_key_cursor.h - wardgate key rotate cursor: another key for page cursors
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_CMD_KEY_CURSOR_H
#define APP_CMD_KEY_CURSOR_H

#include "app/command.h"

/* key rotate cursor - the next step on this host: make a key that opens, let
 * it seal, remove the old one when no cursor of it lives; and says what comes
 * next, and when. Asks no database. */
bool key_rotate_cursor(struct command *c, struct err *e);

#endif
