/* cmd_jwks.c - wardgate client jwks: the public keys of an app
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/cmd_jwks.h"

#include <string.h>

#include "app/verb.h"
#include "ext/jwk.h"

#define URL_COLUMNS 4 /* of client_jwks_url_get */

static void
say_keys(struct command *c, const struct jwk_set *set)
{
	size_t i;

	say_list(c, "keys");
	for (i = 0; i < jwk_set_count(set); i++) {
		const struct jwk *k = jwk_set_at(set, i);

		say_text(c, "kid", jwk_kid(k));
		say_text(c, "alg", jwa_name(jwk_alg(k)));
		say_text(c, "cred", jwk_cred(k));
		say_row(c);
	}
	say_list_end(c);
}

static bool
set_keys(
    struct command *c, struct db_arg client, const char *path, struct err *e)
{
	struct arena *a = command_arena(c);
	struct db_arg args[3] = { client };
	struct jwk_set *set;
	struct str text;

	/* one byte more than is taken, so that a longer one is seen to be */
	if (!verb_file(c, path, JWK_SET_BYTES_MAX + 1, &text, e) ||
	    !(set = jwk_set_read(text, e)))
		return false;
	arena_adopt(a, set, jwk_set_free);
	args[1] = db_arg_text(str_of(jwk_set_write(a, set)));
	args[2] = db_arg_text(str_of(jwk_set_creds(a, set)));
	if (!verb_outcome(c, "client_jwks_set", args, 3, e))
		return false;
	say_keys(c, set);
	return true;
}

static bool
no_keys(struct command *c, struct db_arg client, struct err *e)
{
	struct db_arg args[3] = { client, db_arg_null(), db_arg_null() };

	return verb_outcome(c, "client_jwks_set", args, 3, e);
}

static bool
set_url(struct command *c, struct db_arg client, const char *url, struct err *e)
{
	struct db_arg args[2] = { client, db_arg_text(str_of(url)) };

	return verb_outcome(c, "client_jwks_url_set", args, 2, e);
}

static bool
show_keys(struct command *c, struct db_arg client, struct err *e)
{
	const struct db_rows *keys, *url;
	size_t k;

	/* Keys that are told to have been fetched are among those read later. */
	if (!(url = command_ask(c, "client_jwks_url_get", &client, 1, e)) ||
	    !(keys = command_ask(c, "client_jwks_list", &client, 1, e)))
		return false;
	for (k = 0; db_count(url) && k < URL_COLUMNS; k++)
		say_cell(c, url, 0, k);
	say_rows(c, "keys", keys);
	return true;
}

bool
client_jwks(struct command *c, struct err *e)
{
	const char *path = command_option(c, "--file");
	const char *url = command_option(c, "--url");
	bool none = command_flag(c, "--none");
	struct db_arg client;

	if (!verb_guid(c, "CLIENT", &client, e) || !command_end(c, e))
		return false;
	if ((path != NULL) + (url != NULL) + none > 1)
		return command_misused(
		    c, e, "--file, --url and --none exclude each other.");
	return path   ? set_keys(c, client, path, e)
	       : url  ? set_url(c, client, url, e)
	       : none ? no_keys(c, client, e)
	              : show_keys(c, client, e);
}
