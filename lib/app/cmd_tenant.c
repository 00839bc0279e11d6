/* cmd_tenant.c - wardgate tenant: hospitals, and stopping one
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/cmd_tenant.h"

#include "app/verb.h"

enum { TENANT, STATE, NOTICE, UNTIL, RETRY_AFTER, ARGS };

bool
tenant_list(struct command *c, struct err *e)
{
	const struct db_rows *rows;

	if (!command_end(c, e) ||
	    !(rows = command_ask(c, "tenant_list", NULL, 0, e)))
		return false;
	say_rows(c, "tenants", rows);
	return true;
}

/* The options were read; what they may hold, the database says. */
static bool
set_state(
    struct command *c, const char *state, struct db_arg args[], struct err *e)
{
	const char *tenant = command_word(c, "TENANT");
	const struct db_rows *rows;
	struct guid g;

	if (!command_end(c, e) || !command_guid(c, "TENANT", tenant, &g, e))
		return false;
	args[TENANT] = db_arg_text(str_of(tenant));
	args[STATE] = db_arg_text(str_of(state));
	if (!(rows = command_ask(c, "tenant_state_set", args, ARGS, e)))
		return false;
	say_str(c, "outcome", db_text(rows, 0, 0));
	say_str(c, "state", db_text(rows, 0, 1));
	return true;
}

static bool
set_plain(struct command *c, const char *state, struct err *e)
{
	struct db_arg args[ARGS];
	size_t i;

	for (i = 0; i < ARGS; i++)
		args[i] = db_arg_text(STR(""));
	return set_state(c, state, args, e);
}

bool
tenant_suspend(struct command *c, struct err *e)
{
	return set_plain(c, "suspended", e);
}

bool
tenant_resume(struct command *c, struct err *e)
{
	return set_plain(c, "active", e);
}

bool
tenant_maintenance(struct command *c, struct err *e)
{
	struct db_arg args[ARGS];

	args[NOTICE] = verb_text(c, "--notice");
	args[UNTIL] = verb_text(c, "--until");
	args[RETRY_AFTER] = verb_text(c, "--retry-after");
	return set_state(c, "maintenance", args, e);
}

bool
tenant_networks(struct command *c, struct err *e)
{
	const char *tenant = command_word(c, "TENANT");
	const char *networks = command_word(c, "NETWORKS");
	const struct db_rows *rows;
	struct db_arg args[2];
	struct guid g;

	if (!command_end(c, e) || !command_guid(c, "TENANT", tenant, &g, e))
		return false;
	args[0] = db_arg_text(str_of(tenant));
	args[1] = db_arg_text(str_of(networks));
	if (!(rows = command_ask(c, "tenant_networks_set", args, 2, e)))
		return false;
	say_str(c, "outcome", db_text(rows, 0, 0));
	say_str(c, "networks", db_text(rows, 0, 1));
	return true;
}

bool
tenant_environment(struct command *c, struct err *e)
{
	struct db_arg args[3] = { [2] = verb_text(c, "--override") };
	const char *tenant = command_word(c, "TENANT");
	const char *wanted = command_word(c, "ENVIRONMENT");
	const struct db_rows *rows;
	struct str outcome;
	struct guid g;

	if (!command_end(c, e) || !command_guid(c, "TENANT", tenant, &g, e))
		return false;
	args[0] = db_arg_text(str_of(tenant));
	args[1] = db_arg_text(str_of(wanted));
	if (!(rows = command_ask(c, "tenant_environment_set", args, 3, e)))
		return false;
	outcome = db_text(rows, 0, 0);
	say_str(c, "outcome", outcome);
	if (str_is(outcome, "refused"))
		return err_set(e, ERR_CONFLICT,
		    "%.*s Probe it with `wardgate probe --patient`, or say why "
		    "it may do without, with --override.",
		    STR_FMT(db_text(rows, 0, 1)));
	say_str(c, "environment", db_text(rows, 0, 1));
	return true;
}
