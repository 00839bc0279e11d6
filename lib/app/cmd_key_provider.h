/* cmd_key_provider.h - wardgate key ... provider: keys that sign for tokens
 * SPDX-License-Identifier: Apache-2.0
 *
 * A key pair of one tenant: its private half in a box that the facade alone
 * opens, the public one published by metadata for the hospital. */
#ifndef APP_CMD_KEY_PROVIDER_H
#define APP_CMD_KEY_PROVIDER_H

#include "app/command.h"

/* key make provider - a new pair; it signs if no other does, else it is
 * published first. */
bool key_make_provider(struct command *c, struct err *e);

struct key_provider_made {
	const char *kid, *stage;
};

/* key_provider_make - the same for who says it otherwise; within a transaction
 * if there is one. ERR_CONFLICT: nothing can be sealed yet. */
bool key_provider_make(struct command *c, const struct guid *tenant,
    const char *alg, struct key_provider_made *made, struct err *e);

/* key_provider_say_url - where the hospital fetches the public halves. */
bool key_provider_say_url(
    struct command *c, const struct guid *tenant, struct err *e);

/* key list provider - the tenant's keys, and where they are published. */
bool key_list_provider(struct command *c, struct err *e);

/* key use provider - a key that the hospital has had time to fetch signs.
 * ERR_CONFLICT: it has not, and --now was not said. */
bool key_use_provider(struct command *c, struct err *e);

/* key remove provider - published no more. ERR_CONFLICT: it is in use. */
bool key_remove_provider(struct command *c, struct err *e);

/* key rotate provider - the next step of these towards another key. */
bool key_rotate_provider(struct command *c, struct err *e);

#endif
