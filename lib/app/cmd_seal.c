/* cmd_seal.c - wardgate seal: what a hospital's server wants to see, in a box
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/cmd_seal.h"

#include <string.h>
#include <unistd.h>

#include "app/typed.h"
#include "app/verb.h"
#include "gate/credential.h"
#include "gate/sealing.h"

bool
seal_key(
    struct command *c, unsigned char public[], const char **kid, struct err *e)
{
	const struct db_rows *rows =
	    command_ask(c, "sealing_key_in_use", NULL, 0, e);
	struct sealing_key key;

	if (!rows || !sealing_key_read(rows, &key, e))
		return false;
	memcpy(public, key.public, sizeof key.public);
	*kid = arena_dup(command_arena(c), key.kid, strlen(key.kid));
	return true;
}

/* ---- reading --------------------------------------------------------------------- */

/* user, a colon, password */
static bool
read_basic(char *to, size_t room, size_t *n, struct err *e)
{
	size_t user, more;

	if (!typed_line("User: ", to, room - 1, &user, e))
		return false;
	if (memchr(to, ':', user))
		return err_set(
		    e, ERR_PARAM, "The user may not hold a colon (RFC 7617).");
	to[user] = ':';
	if (!typed_unseen("Password, not shown: ", to + user + 1,
		room - user - 1, &more, e))
		return false;
	*n = user + 1 + more;
	return true;
}

/* The key of a certificate is text of many lines, which nobody types. */
static bool
read_key(char *to, size_t room, size_t *n, struct err *e)
{
	ssize_t got = 1;

	*n = 0;
	while (*n < room && (got = read(0, to + *n, room - *n)) > 0)
		*n += (size_t)got;
	return (got >= 0 && *n < room) ||
	       err_set(e, ERR_PARAM,
		   "The key on standard input cannot be read, or is longer "
		   "than %d bytes.",
		   CREDENTIAL_KEY_MAX);
}

static bool
read_secret(
    enum credential_kind kind, char *to, size_t room, size_t *n, struct err *e)
{
	if (kind == CREDENTIAL_CERTIFICATE)
		return read_key(to, room, n, e);
	if (kind == CREDENTIAL_BASIC)
		return read_basic(to, room, n, e);
	if (kind == CREDENTIAL_OAUTH)
		return typed_unseen(
		    "Client secret, not shown: ", to, room, n, e);
	return typed_unseen(
	    "Header, as `Name: value`, not shown: ", to, room, n, e);
}

/* ---- the verb ---------------------------------------------------------------------- */

/* Where it will be sent; NULL: e says what to do. */
static const char *
server_of(struct command *c, const struct db_arg *tenant, const char *url,
    struct err *e)
{
	const struct db_rows *rows;

	if (url)
		return url;
	rows = command_ask(c, "credential_server", tenant, 1, e);
	if (!rows)
		return NULL;
	if (!db_null(rows, 0, 0))
		return str_text(command_arena(c), db_text(rows, 0, 0));
	err_set(e, ERR_MISSING,
	    "This tenant has no provider yet; say with --url for which address "
	    "the credential is.");
	return NULL;
}

static bool
sealed(struct command *c, const struct credential_for *to, struct err *e)
{
	unsigned char public[CRYPT_X25519_BYTES];
	char secret[CREDENTIAL_KEY_MAX + 1];
	const char *kid, *box = NULL;
	size_t n;

	if (!seal_key(c, public, &kid, e))
		return false;
	if (read_secret(to->kind, secret, sizeof secret, &n, e))
		box = credential_close(
		    command_arena(c), public, to, (struct str){ secret, n }, e);
	crypt_wipe(secret, sizeof secret);
	if (!box)
		return false;
	say_guid(c, "tenant", &to->tenant);
	say_text(c, "auth", credential_kind_word(to->kind));
	say_text(c, "server", to->base_url);
	say_text(c, "kid", kid);
	say_text(c, "credential", box);
	if (to->token_url)
		say_text(c, "token_url", to->token_url);
	if (to->kind == CREDENTIAL_CERTIFICATE) {
		say_note(c,
		    "Only the facade can open it, and only for this tenant and "
		    "server. Give it to sql/onboard/tenant.sql, as "
		    "-v certificate_key=..., with -v certificate=...");
		return true;
	}
	say_note(c,
	    "Only the facade can open it, and only for this tenant and server. "
	    "Give it to sql/onboard/tenant.sql, with -v auth=%s%s.",
	    credential_kind_word(to->kind),
	    to->token_url ? ", -v token_url=... as here and -v token_client=..."
			  : "");
	return true;
}

/* Exactly one of the four. */
static bool
read_kind(struct command *c, enum credential_kind *kind, struct err *e)
{
	bool header = command_flag(c, "--header"),
	     basic = command_flag(c, "--basic"),
	     oauth = command_flag(c, "--oauth"),
	     key = command_flag(c, "--certificate-key");

	*kind = key      ? CREDENTIAL_CERTIFICATE
	        : oauth  ? CREDENTIAL_OAUTH
	        : header ? CREDENTIAL_HEADER
	                 : CREDENTIAL_BASIC;
	return header + basic + oauth + key == 1 ||
	       command_misused(c, e,
		   "Say one of --basic, --header, --oauth and "
		   "--certificate-key.");
}

bool
seal_tell(struct command *c, struct err *e)
{
	struct credential_for to = { .token_url =
					 command_option(c, "--token-url") };
	const char *url = command_option(c, "--url"), *word;
	struct err kind = { .kind = ERR_NONE };
	bool one = read_kind(c, &to.kind, &kind);
	struct db_arg tenant;

	word = command_word(c, "TENANT");
	if (!command_end(c, e))
		return false;
	if (!one) {
		*e = kind;
		return false;
	}
	if (!to.token_url != (to.kind != CREDENTIAL_OAUTH))
		return command_misused(c, e,
		    "Say with --token-url where tokens are had, and only with "
		    "--oauth.");
	if (!command_guid(c, "TENANT", word, &to.tenant, e))
		return false;
	tenant = db_arg_guid(&to.tenant);
	to.base_url = server_of(c, &tenant, url, e);
	return to.base_url && sealed(c, &to, e);
}
