/* cmd_key.h - wardgate key: making the keys that lie in files
 * SPDX-License-Identifier: Apache-2.0
 *
 * Key files are made whole and never replaced (app/keyfile). What is said
 * stands in wardgate(8). */
#ifndef APP_CMD_KEY_H
#define APP_CMD_KEY_H

#include "app/command.h"

/* key make signing - a key pair in signing_key_dir and public_key_dir, then
 * its row in the database; the first one signs at once. Takes up a pair that
 * an earlier run left without its row. As wg_operator. */
bool key_make_signing(struct command *c, struct err *e);

/* key_publish - what `key make signing` does, for another verb. Sets *kid,
 * borrowed from command_arena, unless kid is NULL. */
bool key_publish(struct command *c, const char **kid, struct err *e);

/* key make pepper - the next version in pepper_dir. Asks no database. */
bool key_make_pepper(struct command *c, struct err *e);

/* key make cursor - cursor_key_file. Asks no database. */
bool key_make_cursor(struct command *c, struct err *e);

/* key make portal - portal_key_file. Asks no database. */
bool key_make_portal(struct command *c, struct err *e);

/* key_make_hex - a new random key of 64 hex digits as dir/name; says `file`. */
bool key_make_hex(
    struct command *c, const char *dir, const char *name, struct err *e);

/* key list - signing keys with their stages and files, peppers, cursor key,
 * sealing keys.
 * As wg_operator. */
bool key_list(struct command *c, struct err *e);

#endif
