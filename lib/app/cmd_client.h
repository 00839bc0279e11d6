/* cmd_client.h - wardgate client: apps, and the hospitals they may ask for
 * SPDX-License-Identifier: Apache-2.0
 *
 * The verbs run as wg_operator. What they say stands in wardgate(8). */
#ifndef APP_CMD_CLIENT_H
#define APP_CMD_CLIENT_H

#include "app/command.h"

/* client add [--id GUID] [--purpose TEXT] [--contact TEXT]
 *   [--tenant GUID,...] NAME: registers an app, and lets it ask for these
 * tenants, all or nothing. Says client_id and outcome. */
bool client_add(struct command *c, struct err *e);

/* client list */
bool client_list(struct command *c, struct err *e);

/* client disable CLIENT, client enable CLIENT */
bool client_disable(struct command *c, struct err *e);
bool client_enable(struct command *c, struct err *e);

/* client grant [--until TIME] [--types LIST] [--purpose TEXT] CLIENT TENANT, client ungrant CLIENT TENANT */
bool client_grant(struct command *c, struct err *e);
bool client_ungrant(struct command *c, struct err *e);

/* client grants [--tenant GUID] [CLIENT] */
bool client_grants(struct command *c, struct err *e);

#endif
