/* cmd_revoke.h - wardgate revoke: ends tokens before their time
 * SPDX-License-Identifier: Apache-2.0
 *
 * Ends what was issued so far and forbids nothing: who may ask for tokens gets
 * new ones at once. Takes --why TEXT and --dry-run. */
#ifndef APP_CMD_REVOKE_H
#define APP_CMD_REVOKE_H

#include "app/command.h"

/* revoke_token - one, by its jti. revoke_secret - all issued for a secret.
 * revoke_client, revoke_grant, revoke_tenant - of a client, of a client for a
 * tenant, for a tenant. revoke_all - every token; only with --yes. */
bool revoke_token(struct command *c, struct err *e);
bool revoke_secret(struct command *c, struct err *e);
bool revoke_client(struct command *c, struct err *e);
bool revoke_grant(struct command *c, struct err *e);
bool revoke_tenant(struct command *c, struct err *e);
bool revoke_all(struct command *c, struct err *e);

/* revoke_list - what is revoked and may still bear on a token. */
bool revoke_list(struct command *c, struct err *e);

#endif
