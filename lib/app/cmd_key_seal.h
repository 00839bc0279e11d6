/* cmd_key_seal.h - wardgate key: the keys that credentials are sealed to
 * SPDX-License-Identifier: Apache-2.0
 *
 * A key is published, in use, retired, withdrawn. Its public half is in the
 * database, its private half a file on each host that runs facade, which looks
 * for it when it meets a box: no step needs a time to become known, only the
 * file to be copied before the first box is closed with it. As wg_operator. */
#ifndef APP_CMD_KEY_SEAL_H
#define APP_CMD_KEY_SEAL_H

#include "app/command.h"

/* key make seal - a pair: its private half into sealing_key_dir, its public
 * half into the database; the first one is used at once. Takes up a file that
 * an earlier run left without its row. */
bool key_make_seal(struct command *c, struct err *e);

/* key use seal KID - boxes are closed with it from now on; the former one is
 * retired. Its file must be here. */
bool key_use_seal(struct command *c, struct err *e);

/* key rotate seal - the next ordinary step: publish, use, reseal, remove; and
 * says what comes next. */
bool key_rotate_seal(struct command *c, struct err *e);

/* key reseal - every credential that is sealed to another key than the one in
 * use is opened and sealed to that one, each in a transaction of its own; what
 * was interrupted is taken up by the next run. Needs the private halves of the
 * old keys. ERR_CONFLICT, at the end: some did not open; they are listed. */
bool key_reseal(struct command *c, struct err *e);

/* key remove seal KID - withdraws it and removes its file from this host.
 * ERR_CONFLICT: it is in use, or a credential is sealed to it. */
bool key_remove_seal(struct command *c, struct err *e);

/* key_seal_list - part of `key list`: sealing keys, how many boxes need each,
 * and their files on this host. */
bool key_seal_list(struct command *c, const struct conf *conf, struct err *e);

#endif
