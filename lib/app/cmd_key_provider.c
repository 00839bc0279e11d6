/* cmd_key_provider.c - wardgate key ... provider: keys that sign for tokens
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/cmd_key_provider.h"

#include <string.h>

#include "app/cmd_key_stage.h"
#include "app/cmd_seal.h"
#include "app/endpoints.h"
#include "app/verb.h"
#include "ext/jws_client.h"
#include "gate/credential.h"

enum { KID, ALG, STAGE }; /* columns of provider_key_list */

struct whose {
	struct guid tenant;
	struct db_arg arg;
};

/* The words are read. */
static bool
read_whose(struct command *c, const char *word, struct whose *w, struct err *e)
{
	if (!command_end(c, e) ||
	    !command_guid(c, "TENANT", word, &w->tenant, e))
		return false;
	w->arg = db_arg_guid(&w->tenant);
	return true;
}

bool
key_provider_say_url(
    struct command *c, const struct guid *tenant, struct err *e)
{
	const struct conf *conf = command_conf(c, e);
	char id[GUID_LEN + 1];

	if (conf)
		say_text(c, "jwks_url",
		    arena_printf(command_arena(c), "%s" ENDPOINT_JWKS "/%s",
			conf->public_base, guid_write(id, tenant)));
	return conf != NULL;
}

/* ---- make ------------------------------------------------------------------------ */

static const char *
server_of(struct command *c, const struct guid *tenant, struct err *e)
{
	const struct db_arg arg = db_arg_guid(tenant);
	const struct db_rows *rows =
	    command_ask(c, "credential_server", &arg, 1, e);

	if (!rows)
		return NULL;
	if (!db_null(rows, 0, 0))
		return str_text(command_arena(c), db_text(rows, 0, 0));
	err_set(e, ERR_MISSING,
	    "This tenant has no provider yet that could want a key.");
	return NULL;
}

static const char *
sealed(
    struct command *c, const struct guid *tenant, struct str pem, struct err *e)
{
	struct credential_for to = { .kind = CREDENTIAL_SMART,
		.tenant = *tenant };
	unsigned char public[CRYPT_X25519_BYTES];
	const char *kid;

	return (to.base_url = server_of(c, tenant, e)) &&
	               seal_key(c, public, &kid, e)
	           ? credential_close(command_arena(c), public, &to, pem, e)
	           : NULL;
}

static bool
enter(struct command *c, const struct guid *tenant, const char *alg,
    const struct jws_pair *pair, const char *box,
    struct key_provider_made *made, struct err *e)
{
	const struct db_arg args[] = { db_arg_guid(tenant),
		db_arg_text(str_of(pair->kid)), db_arg_text(str_of(alg)),
		db_arg_text(str_of(pair->jwk)), db_arg_text(str_of(box)) };
	const struct db_rows *rows =
	    command_ask(c, "provider_key_add", args, COUNT(args), e);

	if (rows)
		*made = (struct key_provider_made){ arena_dup(command_arena(c),
							pair->kid,
							strlen(pair->kid)),
			str_text(command_arena(c), db_text(rows, 0, 0)) };
	return rows != NULL;
}

bool
key_provider_make(struct command *c, const struct guid *tenant, const char *alg,
    struct key_provider_made *made, struct err *e)
{
	struct jws_pair pair = { .pem = NULL };
	const char *box = NULL;

	if (jws_client_make(command_arena(c), alg, &pair, e))
		box = sealed(c, tenant, str_of(pair.pem), e);
	if (pair.pem)
		crypt_wipe(pair.pem, strlen(pair.pem));
	return box && enter(c, tenant, alg, &pair, box, made, e);
}

static bool
make(struct command *c, const struct whose *w, const char *alg, struct err *e)
{
	struct key_provider_made made;

	if (!command_conf(c, e) ||
	    !key_provider_make(c, &w->tenant, alg, &made, e))
		return false;
	say_guid(c, "tenant", &w->tenant);
	say_text(c, "kid", made.kid);
	say_text(c, "alg", alg);
	say_text(c, "stage", made.stage);
	say_note(c,
	    !strcmp(made.stage, "use")
		? "Give the hospital the JWK Set URL; sql/onboard/tenant.sql "
		  "takes the client_id that it gives you, with auth smart."
		: "It is published and does not sign yet. When the hospital "
		  "has fetched it, `wardgate key rotate provider` goes on.");
	return key_provider_say_url(c, &w->tenant, e);
}

bool
key_make_provider(struct command *c, struct err *e)
{
	const char *alg = command_option(c, "--alg");
	const char *word = command_word(c, "TENANT");
	struct whose w;

	if (!alg)
		alg = "ES384";
	return read_whose(c, word, &w, e) &&
	       (jws_client_knows(str_of(alg)) ||
		   command_misused(c, e, "--alg is RS384 or ES384.")) &&
	       make(c, &w, alg, e);
}

/* ---- list ------------------------------------------------------------------------- */

bool
key_list_provider(struct command *c, struct err *e)
{
	const char *word = command_word(c, "TENANT");
	const struct db_rows *rows;
	struct whose w;

	if (!read_whose(c, word, &w, e) ||
	    !(rows = command_ask(c, "provider_key_list", &w.arg, 1, e)))
		return false;
	if (!key_provider_say_url(c, &w.tenant, e))
		return false;
	say_rows(c, "provider_keys", rows);
	return true;
}

/* ---- use, remove --------------------------------------------------------------------- */

static bool
use(struct command *c, const struct whose *w, const char *kid, bool now,
    struct err *e)
{
	const struct db_arg args[] = { w->arg, db_arg_text(str_of(kid)),
		db_arg_int(now ? 0 : KEY_KNOWN_S) };
	const struct db_rows *rows =
	    command_ask(c, "provider_key_use", args, COUNT(args), e);

	if (!rows)
		return false;
	say_text(c, "in_use", kid);
	say_cell(c, rows, 0, 0);
	say_cell(c, rows, 0, 1);
	return true;
}

static bool
withdraw(
    struct command *c, const struct whose *w, const char *kid, struct err *e)
{
	const struct db_arg args[] = { w->arg, db_arg_text(str_of(kid)) };
	const struct db_rows *rows =
	    command_ask(c, "provider_key_remove", args, COUNT(args), e);

	if (!rows)
		return false;
	say_text(c, "kid", kid);
	say_cell(c, rows, 0, 0);
	return true;
}

bool
key_use_provider(struct command *c, struct err *e)
{
	bool now = command_flag(c, "--now");
	const char *word = command_word(c, "TENANT");
	const char *kid = command_word(c, "KID");
	struct whose w;

	return read_whose(c, word, &w, e) && use(c, &w, kid, now, e);
}

bool
key_remove_provider(struct command *c, struct err *e)
{
	const char *word = command_word(c, "TENANT");
	const char *kid = command_word(c, "KID");
	struct whose w;

	return read_whose(c, word, &w, e) && withdraw(c, &w, kid, e);
}

/* ---- rotate ------------------------------------------------------------------------------ */

/* The row that came to that stage first; db_count(rows): none is in it. */
static size_t
first_of(const struct db_rows *rows, const char *stage)
{
	size_t i = 0;

	while (i < db_count(rows) && !str_is(db_text(rows, i, STAGE), stage))
		i++;
	return i;
}

/* As the one that signs now. */
static const char *
alg_now(struct command *c, const struct db_rows *rows)
{
	size_t i = first_of(rows, "use");

	return i < db_count(rows)
	           ? str_text(command_arena(c), db_text(rows, i, ALG))
	           : "ES384";
}

bool
key_rotate_provider(struct command *c, struct err *e)
{
	const char *word = command_word(c, "TENANT");
	const struct db_rows *rows;
	struct arena *a = command_arena(c);
	struct whose w;
	size_t retired, waiting;

	if (!read_whose(c, word, &w, e) ||
	    !(rows = command_ask(c, "provider_key_list", &w.arg, 1, e)))
		return false;
	retired = first_of(rows, "retired");
	waiting = first_of(rows, "published");
	if (retired < db_count(rows)) {
		say_text(c, "step", "remove");
		return withdraw(
		    c, &w, str_text(a, db_text(rows, retired, KID)), e);
	}
	if (waiting < db_count(rows)) {
		say_text(c, "step", "use");
		return use(
		    c, &w, str_text(a, db_text(rows, waiting, KID)), false, e);
	}
	say_text(c, "step", "publish");
	return make(c, &w, alg_now(c, rows), e);
}
