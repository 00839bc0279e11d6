/* cmd_seal.h - wardgate seal: what a hospital's server wants to see, in a box
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_CMD_SEAL_H
#define APP_CMD_SEAL_H

#include "app/command.h"

/* seal [--basic | --header] [--url URL] TENANT - reads a secret from the
 * terminal, without showing it, or from standard input; never from the command
 * line, where everybody could read it. Says the box that only the facade opens.
 * As wg_operator. */
bool seal_tell(struct command *c, struct err *e);

/* seal_key - the public key that boxes are closed with now, and its kid,
 * borrowed from command_arena. false: ERR_CONFLICT, there is none yet. */
bool seal_key(
    struct command *c, unsigned char public[], const char **kid, struct err *e);

#endif
