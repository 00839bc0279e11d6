/* cmd_revoke.c - wardgate revoke: ends tokens before their time
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/cmd_revoke.h"

#include "app/verb.h"
#include "gate/token.h"

enum { KIND, CLIENT, TENANT, NAME, WHY, DRY, ARGS };

static void
begin(struct command *c, struct db_arg args[ARGS], const char *kind)
{
	args[KIND] = db_arg_text(str_of(kind));
	args[CLIENT] = args[TENANT] = args[NAME] = db_arg_null();
	args[WHY] = verb_text(c, "--why");
	args[DRY] = db_arg_bool(command_flag(c, "--dry-run"));
}

static bool
done(struct command *c, const struct db_arg args[ARGS], struct err *e)
{
	return command_end(c, e) && verb_outcome(c, "revoke", args, ARGS, e);
}

/* A token on a command line would be seen by everybody on the machine, so it
 * is named by its jti. */
bool
revoke_token(struct command *c, struct err *e)
{
	struct db_arg args[ARGS];
	const char *jti;

	begin(c, args, "token");
	jti = command_word(c, "JTI");
	if (!command_end(c, e))
		return false;
	if (str_of(jti).len != TOKEN_JTI_LEN)
		return command_misused(c, e,
		    "JTI is the claim jti of the token, %d characters, which "
		    "`wardgate audit tail --json` shows as token_id; not the "
		    "token itself.",
		    TOKEN_JTI_LEN);
	args[NAME] = db_arg_text(str_of(jti));
	return done(c, args, e);
}

bool
revoke_secret(struct command *c, struct err *e)
{
	struct db_arg args[ARGS];
	const char *key_id;

	begin(c, args, "secret");
	if (!verb_guid(c, "CLIENT", &args[CLIENT], e))
		return false;
	key_id = command_word(c, "KEYID");
	if (!command_end(c, e))
		return false;
	args[NAME] = db_arg_text(str_of(key_id));
	return done(c, args, e);
}

bool
revoke_client(struct command *c, struct err *e)
{
	struct db_arg args[ARGS];

	begin(c, args, "client");
	return verb_guid(c, "CLIENT", &args[CLIENT], e) && done(c, args, e);
}

bool
revoke_grant(struct command *c, struct err *e)
{
	struct db_arg args[ARGS];

	begin(c, args, "grant");
	return verb_guid(c, "CLIENT", &args[CLIENT], e) &&
	       verb_guid(c, "TENANT", &args[TENANT], e) && done(c, args, e);
}

bool
revoke_tenant(struct command *c, struct err *e)
{
	struct db_arg args[ARGS];

	begin(c, args, "tenant");
	return verb_guid(c, "TENANT", &args[TENANT], e) && done(c, args, e);
}

bool
revoke_all(struct command *c, struct err *e)
{
	struct db_arg args[ARGS];
	bool sure = command_flag(c, "--yes");

	begin(c, args, "everything");
	if (!sure && !args[DRY].number)
		return command_misused(c, e,
		    "This ends every token of every app; each has to ask for a "
		    "new one. Say --yes if that is meant, or --dry-run.");
	return done(c, args, e);
}

bool
revoke_list(struct command *c, struct err *e)
{
	const struct db_rows *rows;

	if (!command_end(c, e) ||
	    !(rows = command_ask(c, "revocation_list", NULL, 0, e)))
		return false;
	say_rows(c, "revocations", rows);
	return true;
}
