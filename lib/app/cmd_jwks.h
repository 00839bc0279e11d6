/* cmd_jwks.h - wardgate client jwks: the public keys of an app
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_CMD_JWKS_H
#define APP_CMD_JWKS_H

#include "app/command.h"

/* client jwks [--file FILE | --url URL | --none] CLIENT: sets the keys in a file
 * (- is standard input), has them fetched by the keeper, takes them away, or
 * shows them. */
bool client_jwks(struct command *c, struct err *e);

#endif
