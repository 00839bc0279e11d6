/* cmd_account.c - wardgate account: people who sign in to the portal
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/cmd_account.h"

#include "app/typed.h"
#include "app/verb.h"
#include "ext/pass.h"
#include "gate/account.h"

/* ---- a new one --------------------------------------------------------------------- */

/* The key is bound to the account, which has to be there first. */
static bool
make_phone(struct command *c, const struct conf *conf,
    const struct guid *account, struct err *e)
{
	unsigned char key[OTP_KEY_BYTES], sealed[ACCOUNT_SEALED];
	struct account_keys keys;
	bool fine;

	if (!account_keys_open(&keys, conf->portal_key_file, e))
		return false;
	crypt_random(key, sizeof key);
	account_seal_bytes(&keys, account, key, sealed);
	fine = command_ask(c, "account_totp_keep",
	    (const struct db_arg[]){ db_arg_guid(account),
		db_arg_bytes(
		    (struct str){ (const char *)sealed, sizeof sealed }) },
	    2, e);
	if (fine)
		say_secret(c, "totp_key", otp_key_text(command_arena(c), key));
	crypt_wipe(key, sizeof key);
	account_keys_free(&keys);
	return fine;
}

/* What is stored of the passphrase that is typed; NULL: e says what is wrong. */
static const char *
take_passphrase(struct command *c, const char *login, struct err *e)
{
	char typed[PASS_BYTES_MAX];
	const char *stored = NULL;
	size_t n;

	if (typed_unseen("Passphrase, not shown: ", typed, sizeof typed, &n, e))
		stored = account_pass_make(command_arena(c),
		    (struct str){ typed, n }, str_of(login), e);
	crypt_wipe(typed, sizeof typed);
	return stored;
}

bool
account_add(struct command *c, struct err *e)
{
	bool phone = command_flag(c, "--phone");
	struct db_arg args[5] = { [4] = db_arg_null() };
	const struct conf *conf = command_conf(c, e);
	const struct db_rows *rows;
	const char *login, *stored;
	struct guid account;

	args[1] = verb_text(c, "--name");
	args[2] = verb_text(c, "--roles");
	login = command_word(c, "LOGIN");
	if (!conf || !login || !command_end(c, e) ||
	    !(stored = take_passphrase(c, login, e)))
		return false;
	args[0] = db_arg_text(str_of(login));
	args[3] = db_arg_text(str_of(stored));
	if (!(rows = command_ask(c, "account_add", args, 5, e)))
		return false;
	account = db_guid(rows, 0, 0);
	say_guid(c, "account_id", &account);
	return !phone || make_phone(c, conf, &account, e);
}

/* ---- links --------------------------------------------------------------------------- */

static bool
say_link(struct command *c, struct str name, struct str roles,
    const struct guid *account, struct err *e)
{
	const struct conf *conf = command_conf(c, e);
	char link[ACCOUNT_INVITE_LEN + 1];
	struct db *db;

	if (!conf || !(db = command_db(c, e)) ||
	    !account_invite(db, command_arena(c), name, roles, account, NULL,
		conf->invitation_life_s, link, e))
		return false;
	say_secret(c, "link",
	    arena_printf(command_arena(c), "%s/admin/invitation/%s",
		conf->public_base, link));
	say_int(c, "expires_in", conf->invitation_life_s);
	say_note(c, "Whoever has the link sets the passphrase: send it by a "
		    "way that only the right person reads.");
	crypt_wipe(link, sizeof link);
	return true;
}

bool
account_invite_tell(struct command *c, struct err *e)
{
	struct db_arg name = verb_text(c, "--name");
	struct db_arg roles = verb_text(c, "--roles");

	return command_end(c, e) &&
	       say_link(c, name.bytes, roles.bytes, NULL, e);
}

static bool
take_login(struct command *c, struct guid *account, struct err *e)
{
	const char *login = command_word(c, "LOGIN");
	struct db_arg arg;
	const struct db_rows *rows;

	if (!login || !command_end(c, e))
		return false;
	arg = db_arg_text(str_of(login));
	if (!(rows = command_ask(c, "account_for_signin", &arg, 1, e)))
		return false;
	if (!db_count(rows))
		return err_set(e, ERR_MISSING,
		    "There is no account %.100s; `wardgate account list` shows "
		    "all.",
		    login);
	*account = db_guid(rows, 0, 0);
	return true;
}

bool
account_reset(struct command *c, struct err *e)
{
	bool no_phone = command_flag(c, "--no-phone");
	struct guid account;
	struct db_arg arg;

	if (!take_login(c, &account, e))
		return false;
	arg = db_arg_guid(&account);
	return (!no_phone ||
		   command_ask(c, "account_totp_remove", &arg, 1, e)) &&
	       say_link(c, STR(""), STR("developer"), &account, e);
}

/* ---- those that are there ------------------------------------------------------------- */

bool
account_list_tell(struct command *c, struct err *e)
{
	const struct db_rows *rows;

	if (!command_end(c, e) ||
	    !(rows = command_ask(c, "account_list", NULL, 0, e)))
		return false;
	say_rows(c, "accounts", rows);
	return true;
}

static bool
set_able(struct command *c, bool able, struct err *e)
{
	struct guid account;
	struct db_arg args[2];

	if (!take_login(c, &account, e))
		return false;
	args[0] = db_arg_guid(&account);
	args[1] = db_arg_bool(able);
	return verb_outcome(c, "account_able", args, 2, e);
}

bool
account_disable(struct command *c, struct err *e)
{
	return set_able(c, false, e);
}

bool
account_enable(struct command *c, struct err *e)
{
	return set_able(c, true, e);
}
